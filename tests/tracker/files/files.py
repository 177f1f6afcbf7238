"""Files as a test writes them."""


def csv_bytes(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


APPRENTICES = csv_bytes(
    "number,given_name,family_name,sex,birth_date,phone,occupation,cohort",
    "VTC/1,Asha,Mushi,F,2003-05-17,0712 345 678,housekeeping,Hotel 2026",
    "VTC/2,Juma,Kimaro,me,01/02/2004,,food-production,hotel  2026",
)
EMPLOYERS = csv_bytes("name,sector,district,phone,departments,capacity", "Meru View Lodge,I55,Arusha,+255272501234,kitchen; laundry,4")
PLACEMENTS = csv_bytes("apprentice_number,employer,start,end,supervisor,contract_signed", "VTC/1,meru view lodge,2026-02-02,,Neema Shayo,")
ATTENDANCE = csv_bytes("apprentice_number,date,status", "VTC/1,2026-03-02,present", "VTC/2,02/03/2026,absent")
