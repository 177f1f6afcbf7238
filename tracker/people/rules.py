"""How names are recognised whatever their spelling, who is enrolled on a day, and what the register of people refuses."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from tracker.errors import DomainError, N_

ACTIVE, COMPLETED, LEFT, TRANSFERRED = "active", "completed", "left", "transferred"
ENDS: Final = (COMPLETED, LEFT, TRANSFERRED)
# The short set of the Washington Group on Disability Statistics: its six questions in its order, and the answers that count.
DIFFICULTIES: Final = ("seeing", "hearing", "walking", "remembering", "self_care", "communicating")
GREAT_DIFFICULTY: Final = frozenset({"a_lot", "cannot"})


class NumberTaken(DomainError):
    """Another apprentice of the centre has this number."""

    code, status = "people.number_taken", 409
    sentence = N_("The number %(number)s belongs to %(name)s.")


class EndsBeforeStart(DomainError):
    """A span would end before it starts."""

    code, status = "people.ends_before_start", 422
    sentence = N_("The last day (%(ended_on)s) is before the first day (%(starts_on)s).")


class StillEnrolled(DomainError):
    """The apprentice has an enrolment that has not ended."""

    code, status = "people.still_enrolled", 409
    sentence = N_("%(name)s has an enrolment that has not ended. End it, or move it to another cohort.")


class NotActive(DomainError):
    """The enrolment has ended already."""

    code, status = "people.not_active", 409
    sentence = N_("This enrolment has ended already.")


class ForeignCohort(DomainError):
    """The cohort belongs to another centre, or to none."""

    code, status = "people.foreign_cohort", 422
    sentence = N_("This cohort does not belong to the centre.")


class NeedsReason(DomainError):
    """Somebody left, and nobody says why."""

    code, status = "people.needs_reason", 422
    sentence = N_("Choose the reason.")


class ChooseCentre(DomainError):
    """New records need a centre, and the actor works in none."""

    code, status = "people.choose_centre", 422
    sentence = N_("Choose a centre first.")


def check_span(starts_on: date | None, ended_on: date | None) -> None:
    """Raise EndsBeforeStart."""
    if starts_on and ended_on and ended_on < starts_on:
        raise EndsBeforeStart(starts_on=starts_on, ended_on=ended_on)


def is_enrolled(starts_on: date | None, ended_on: date | None, on: date) -> bool:
    """Whether an enrolment covers the day; its first and its last day belong to it, and a missing one means ever."""
    return is_enrolled_between(starts_on, ended_on, on, on)


def is_enrolled_between(starts_on: date | None, ended_on: date | None, first: date, last: date) -> bool:
    """Whether an enrolment covers any of the days from `first` to `last`."""
    return (starts_on is None or starts_on <= last) and (ended_on is None or first <= ended_on)


def has_great_difficulty(answers: Iterable[str | None]) -> bool | None:
    """Whether one of the answers is "a lot" or "cannot", by which people with disability are counted; None: nothing was answered.

    answers  codes of the list `difficulties`
    """
    given = [each for each in answers if each]
    return any(each in GREAT_DIFFICULTY for each in given) if given else None


def day_before(on: date) -> date:
    """The last day of what ends when something new begins."""
    return on - timedelta(days=1)


# ---- names

# Names that are written in more ways than letters can explain; each is known by its first spelling.
SPELLINGS: Final = (
    "mohamed mohammed muhamed muhammed mohamad mohammad muhamad muhammad mohamedi muhamedi mohd mohmd muhd mhd moh",
    "abdalla abdallah abdulla abdullah abdala abdullahi",
    "abdulrahman abdurahman abdulrahmani abdrahman abdulrahaman",
    "suleiman seleman selemani sulemani suleman sleiman sulayman",
    "athumani othman osman uthman asumani athuman othumani",
    "fatuma fatma fatima fatema fatouma",
    "aisha asha aysha aesha",
    "hussein husein huseni hussen husseni",
    "yahya yahaya",
    "salum salim saloum",
    "jackline jacqueline jaqueline jacklin",
    "elizabeth elisabeth elizabeti",
    "john yohana johana",
)
LETTERS: Final = (("kh", "h"), ("dh", "d"), ("th", "s"), ("ph", "f"), ("ck", "k"), ("q", "k"), ("y", "i"), ("o", "u"), ("e", "i"))


def words_of(name: str) -> list[str]:
    """The words of a name in small plain letters; apostrophes join (Ng'ombe, Moh'd), other signs part."""
    letters = "".join(sign for sign in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9\s]", " ", re.sub(r"['’‘ʼ`´.]", "", letters)).split()


def _sound(word: str) -> str:
    """The word with letters that are exchanged in writing made equal, double ones single."""
    for written, heard in LETTERS:
        word = word.replace(written, heard)
    return re.sub(r"(.)\1+", r"\1", word)


@lru_cache(maxsize=20_000)
def folded_word(word: str) -> str:
    """A word of a name without its spelling: Khamis and Hamisi, Ally and Ali, Mohd and Muhammed fold alike."""
    word = _known_spellings().get(word, word)
    return re.sub(r"(?<=[^aeiou])[iu]$", "", re.sub(r"(?<=[a-z])h$", "", _sound(word)))


@lru_cache(maxsize=1)
def _known_spellings() -> dict[str, str]:
    return {word: group.split()[0] for group in SPELLINGS for word in group.split()}


def folded(name: str) -> str:
    """The whole name without its spelling: two people with one folded name may be one."""
    return " ".join(map(folded_word, words_of(name)))


def folded_cohort(name: str) -> str:
    """The name by which an import finds a cohort: small letters and single spaces."""
    return " ".join(name.casefold().split())


def bare_number(text: str) -> str:
    """Letters and digits of an admission or phone number."""
    return re.sub(r"[^a-z0-9]", "", text.casefold())


class Query:
    """What somebody typed to find an apprentice: words of the name, an admission number or a phone number."""

    def __init__(self, text: str) -> None:
        self.digits = re.sub(r"^(00)?(255)?0*", "", re.sub(r"\D", "", text))
        self.bare = bare_number(text)
        self.has_digit = any(sign.isdigit() for sign in text)
        self.words = [(folded_word(word), _sound(word)) for word in words_of(text)]

    def rank(self, name: str, number: str | None, phones: Iterable[str | None]) -> int | None:
        """How well a person fits: 0 best; None not at all."""
        if not self.bare:
            return 0
        if self.has_digit:
            return self._rank_number(bare_number(number or ""), phones)
        left, rank = [(folded_word(word), _sound(word)) for word in words_of(name)], 0
        for whole, heard in self.words:
            same = next((each for each in left if each[0] == whole), None)
            found = same or next((each for each in left if each[1].startswith(heard)), None)
            if found is None:
                return None
            left.remove(found)
            rank += 0 if same else 1
        return rank

    def _rank_number(self, number: str, phones: Iterable[str | None]) -> int | None:
        if number == self.bare:
            return 0
        if self.bare in number:
            return 1
        if len(self.digits) >= 4 and any(self.digits in re.sub(r"\D", "", phone or "") for phone in phones):
            return 2
        return None
