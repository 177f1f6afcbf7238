// A photo from a phone has megabytes, and a hundred kilobytes are kept: the browser makes it smaller before it is sent. This
// also leaves behind where and when it was taken. What cannot be made smaller is sent as it is, and the server says why not.

const MOST_BYTES = 98000;
const SIDES = [1600, 1280, 1024, 800, 640];
const QUALITIES = [0.8, 0.65, 0.5, 0.4];

export function mount(input) {
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file?.type.startsWith("image/")) return;
    const buttons = input.form.querySelectorAll("button");
    for (const each of buttons) each.disabled = true; // sent now, it would be the large one
    try {
      const blob = await smaller(file);
      if (input.files[0] !== file || !blob) return;
      const box = new DataTransfer();
      box.items.add(new File([blob], "photo.jpg", { type: blob.type }));
      input.files = box.files;
    } catch {
      // no picture, or a browser that cannot draw
    } finally {
      for (const each of buttons) each.disabled = false;
    }
  });
}

async function smaller(file) {
  const picture = await createImageBitmap(file);
  const canvas = document.createElement("canvas");
  for (const side of SIDES) {
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const brush = canvas.getContext("2d");
    brush.fillStyle = "white"; // what is transparent would turn black
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
    for (const quality of QUALITIES) {
      const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
      if (blob && blob.size <= MOST_BYTES) return blob;
    }
  }
  return null;
}
