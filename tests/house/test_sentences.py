"""Every sentence speaks Kiswahili, with the same places, and the compiled catalogue is the written one."""

import re

from tests.house.reading import Sentence, sentences
from tracker.locale.compile import compiled, FOLDER, merged, TARGET

PLACE = re.compile(r"%\((\w+)\)[sd]")


KISWAHILI = merged()


def _kiswahili(sentence: Sentence) -> tuple[str, ...]:
    message = KISWAHILI.get(sentence.text, sentence.context)
    if message is None:
        return ()
    written = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return tuple(str(each or "") for each in written)


def test_every_sentence_has_its_kiswahili() -> None:
    missing = {f"{each.where}: {each.text}" for each in sentences() if not _kiswahili(each) or not all(_kiswahili(each))}
    assert missing == set()


def test_both_languages_have_the_same_places() -> None:
    wrong = [
        f"{each.where}: {each.text} / {kiswahili}"
        for each in sentences()
        for kiswahili in _kiswahili(each)
        if set(PLACE.findall(each.plural or each.text)) != set(PLACE.findall(kiswahili))
    ]
    assert wrong == []


def test_the_compiled_catalogue_is_the_written_one() -> None:
    assert TARGET.read_bytes() == compiled()


def test_no_translation_is_left_over() -> None:
    """Except those of WTForms and argparse, which ask for their sentences themselves."""
    used = {each.text for each in sentences()}
    theirs = "".join((FOLDER / name).read_text(encoding="utf-8") for name in ("wtforms.po", "argparse.po"))
    library = set(re.findall(r'^msgid(?:_plural)? "(.*)"$', theirs, re.MULTILINE))
    written = {message.id[0] if isinstance(message.id, tuple) else message.id for message in KISWAHILI if message.id}
    assert written - used - library == set()
