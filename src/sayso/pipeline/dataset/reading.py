"""Unpacked members -> utterances with the texts that came along: which of the forms A to F it is, and what is amiss.

A form: one recording. B: recordings with a text file of the same stem each. C: a list `id|text` without a header, as
LJSpeech has. D: a list with a header. E: folders of wav and txt by speaker, as VCTK has. F: recordings alone.
What is wrong with one member is a remark and the rest goes on; BadDataset is raised where nothing is left, and for a
dataset of several speakers.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sayso.errors import BadDataset
from sayso.pipeline import phone
from sayso.pipeline.dataset import kinds, lists, members, names
from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.dataset.lists import BadList, Listed
from sayso.pipeline.dataset.members import Member

_PAIR_SUFFIXES = (".txt", ".lab", ".text")
_LIST_FOLDERS = 2
"""A list lies at most so many folders deep."""
_SPEAKER_FOLDER = re.compile(r"(?:^|/)wav\w*/([^/]+)/[^/]+$", re.I)
_MICROPHONE = re.compile(r"_mic(\d)$", re.I)


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recording of the dataset, not yet decoded: it may be long, and it may be broken."""

    name: str
    """Unique in the dataset, at most 256 characters."""
    path: Path
    text: str | None
    """As given; None: nobody said."""
    member: str
    """What it is called in the archive."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that did not stop the dataset, and that its sender should know."""

    code: str
    member: str
    message: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """What was sent, read as far as it goes without decoding."""

    form: str
    """A to F."""
    utterances: tuple[Utterance, ...]
    remarks: tuple[Remark, ...]


def read_dataset(folder: Path, limits: DatasetLimits | None = None) -> Dataset:
    """The dataset whose members lie in `folder`, as `unpack` left them. Raises BadDataset."""
    return _Reader(folder, limits or DatasetLimits()).read()


class _Reader:
    def __init__(self, folder: Path, limits: DatasetLimits) -> None:
        self._folder, self._limits = folder, limits
        self._remarks: list[Remark] = []
        self._sounds: list[Member] = []
        self._texts: list[Member] = []
        self._all = members.read(folder)
        for member in sorted(self._all, key=lambda member: _natural(member.name)):
            self._sort(member)

    def read(self) -> Dataset:
        if not self._sounds:
            self._nothing()
        form, pairs = self._by_list() or self._by_speaker() or self._by_pairs()
        utterances = []
        taken: set[str] = set()
        for member, text in pairs:
            name = names.unique(names.stem(member.name), taken)
            utterances.append(Utterance(name, self._folder / member.file, text, member.name))
        return Dataset(form, tuple(utterances), tuple(self._remarks))

    def _sort(self, member: Member) -> None:
        head = kinds.head(self._folder / member.file)
        shown, kind = names.shown(member.name), kinds.audio(head)
        if kind in kinds.PHONE and phone.program() is None:
            self._remark("phone_format", member.name, f"{shown} is {kind} and was left out; {phone.REMEDY}")
        elif kind:
            self._sounds.append(member)
        elif kinds.is_archive(head):
            self._remark(
                "nested_archive",
                member.name,
                f"{shown} is an archive in the archive and was not opened; pack the recordings themselves",
            )
        elif kinds.is_text(head):
            self._texts.append(member)
        else:
            self._remark(
                "not_audio",
                member.name,
                f"{shown} is {kinds.other(head)} and was left out; send WAV, FLAC, OGG or MP3",
            )

    def _nothing(self) -> None:
        if not self._all:
            raise BadDataset("the archive is empty; pack recordings into it")
        if self._remarks:
            first = self._remarks[0]
            if len(self._all) == 1:
                # The file itself, or an archive of one: what is wrong with it is what is wrong.
                raise BadDataset(first.message)
            more = f" (and {len(self._remarks) - 1} more)" if len(self._remarks) > 1 else ""
            raise BadDataset(f"there is no recording in the archive that is read: {first.message}{more}")
        raise BadDataset(
            f"there is no recording in the archive, only text ({names.shown(self._all[0].name)}); "
            "pack the sound along with it"
        )

    # --- C and D --------------------------------------------------------------------------------

    def _by_list(self) -> tuple[str, list[tuple[Member, str | None]]] | None:
        index = _Index(self._sounds)
        found: list[tuple[Member, list[Listed], bool]] = []
        faults: list[tuple[Member, BadList]] = []
        for member in self._texts:
            if member.name.count("/") > _LIST_FOLDERS or self._is_text_of_one(member):
                continue
            base = member.name.rpartition("/")[0]
            try:
                read = lists.read(
                    self._folder / member.file,
                    member.name,
                    lambda field, base=base: index.find(field, base) is not None,  # type: ignore[misc]
                    self._limits.max_list_bytes,
                )
            except BadList as fault:
                faults.append((member, fault))
                continue
            if read is not None:
                found.append((member, read.rows, read.has_header))
        if not found and faults:
            raise BadDataset(str(faults[0][1])) from faults[0][1]
        if not found:
            return None
        for member, broken in faults:
            self._remark("bad_list", member.name, str(broken))
        self._one_speaker(Counter(row.speaker for _, rows, _ in found for row in rows if row.speaker))
        pairs = self._pairs_of(found, index)
        if not pairs:
            list_name, rows, _ = found[0]
            raise BadDataset(
                f"none of the {len(rows)} files that {names.shown(list_name.name)} names is in the archive (the first is "
                f"{names.shown(rows[0].file)}); pack the recordings beside the list, under the names it gives"
            )
        used = {member.name for member, _ in pairs}
        for member in self._sounds:
            if member.name not in used:
                self._remark(
                    "not_in_list",
                    member.name,
                    f"{names.shown(member.name)} is not in the list and was left out; add it there with its text",
                )
        return ("D" if any(header for *_, header in found) else "C"), pairs

    def _pairs_of(
        self, found: list[tuple[Member, list[Listed], bool]], index: _Index
    ) -> list[tuple[Member, str | None]]:
        texts: dict[str, tuple[Member, str | None]] = {}
        for list_member, rows, _ in found:
            base = list_member.name.rpartition("/")[0]
            for row in rows:
                member = index.find(row.file, base)
                where = f"line {row.line} of {names.shown(list_member.name)}"
                if member is None:
                    self._remark(
                        "file_missing",
                        list_member.name,
                        f"{where} names {names.shown(row.file)}, which is not among the recordings that were sent; "
                        "pack it along or take the line out",
                    )
                elif member.name not in texts:
                    texts[member.name] = (member, self._given(row.text, member, where))
                elif row.text.strip() and texts[member.name][1] != row.text.strip():
                    self._remark(
                        "listed_twice",
                        member.name,
                        f"{where} gives another text for {names.shown(member.name)}; the first one was kept",
                    )
        return list(texts.values())

    # --- B, E and F -----------------------------------------------------------------------------

    def _by_speaker(self) -> tuple[str, list[tuple[Member, str | None]]] | None:
        folders = {
            member.name: match[1] for member in self._sounds if (match := _SPEAKER_FOLDER.search(member.name))
        }
        stems = {
            names.stem(text.name) for text in self._texts if re.search(r"(?:^|/)txt/[^/]+/[^/]+$", text.name)
        }
        if not folders or not stems & {_sentence(name) for name in folders}:
            return None
        self._one_speaker(Counter(folders.values()))
        pairs: list[tuple[Member, str | None]] = []
        done: dict[str, str] = {}
        for member, text in self._with_texts(self._sounds):
            sentence = _sentence(member.name)
            if sentence != names.stem(member.name) and sentence in done:
                self._remark(
                    "second_microphone",
                    member.name,
                    f"{names.shown(member.name)} is the same sentence as {names.shown(done[sentence])} and was left out",
                )
                continue
            done[sentence] = member.name
            pairs.append((member, text))
        return "E", pairs

    def _by_pairs(self) -> tuple[str, list[tuple[Member, str | None]]]:
        before = len(self._remarks)
        pairs = list(self._with_texts(self._sounds))
        if any(text is not None for _, text in pairs) or any(
            remark.code in ("text_unreadable", "text_empty") for remark in self._remarks[before:]
        ):
            return "B", pairs
        # Nobody sent texts: then none is missing.
        self._remarks = [remark for remark in self._remarks if remark.code != "no_text"]
        return ("A" if len(self._all) == 1 else "F"), pairs

    def _with_texts(self, sounds: Iterable[Member]) -> Iterator[tuple[Member, str | None]]:
        beside = {text.name.casefold(): text for text in self._texts}
        by_stem: dict[str, list[Member]] = {}
        for text in self._texts:
            if text.name.lower().endswith(_PAIR_SUFFIXES):
                by_stem.setdefault(names.stem(text.name).casefold(), []).append(text)
        for member in sounds:
            base, stem = member.name.rpartition("/")[0], names.stem(member.name)
            stems = (stem, f"{stem}.normalized", _sentence(member.name))
            near = (
                beside.get(f"{base}/{name}{suffix}".lstrip("/").casefold())
                for name in stems
                for suffix in _PAIR_SUFFIXES
            )
            far = (only[0] for name in stems if len(only := by_stem.get(name.casefold(), [])) == 1)
            found = next((text for text in itertools.chain(near, far) if text is not None), None)
            yield member, self._text_of(member, found)

    def _text_of(self, member: Member, text: Member | None) -> str | None:
        shown = names.shown(member.name)
        if text is None:
            self._remark("no_text", member.name, f"{shown} has no text; what is heard in it is taken")
            return None
        if text.size_bytes > self._limits.max_text_bytes:
            self._remark(
                "text_unreadable",
                text.name,
                f"{names.shown(text.name)} has {text.size_bytes} bytes, at most {self._limits.max_text_bytes} are read as the "
                "text of a recording; what is heard is taken",
            )
            return None
        try:
            content = lists.decoded((self._folder / text.file).read_bytes())
        except UnicodeError:
            self._remark(
                "text_unreadable",
                text.name,
                f"{names.shown(text.name)} is not UTF-8; what is heard is taken. Save it as UTF-8",
            )
            return None
        return self._given(content, member, names.shown(text.name))

    # --- all ------------------------------------------------------------------------------------

    def _given(self, text: str, member: Member, where: str) -> str | None:
        text = text.strip()
        if not text:
            self._remark(
                "text_empty",
                member.name,
                f"{where} has no text for {names.shown(member.name)}; what is heard is taken",
            )
        return text or None

    def _is_text_of_one(self, member: Member) -> bool:
        """Whether a recording of the same stem lies beside it: then it is no list, unless it is called so."""
        stem = member.name.rpartition(".")[0].casefold()
        return any(sound.name.rpartition(".")[0].casefold() == stem for sound in self._sounds)

    @staticmethod
    def _one_speaker(speakers: Counter[str]) -> None:
        if len(speakers) > 1:
            counts = ", ".join(f"{names.shown(name)} with {count}" for name, count in speakers.most_common(3))
            more = f" and {len(speakers) - 3} more" if len(speakers) > 3 else ""
            raise BadDataset(
                f"the dataset has {len(speakers)} speakers ({counts}{more}); a voice is of one: send one speaker's recordings"
            )

    def _remark(self, code: str, member: str, message: str) -> None:
        self._remarks.append(Remark(code, member, message))


class _Index:
    """Finds the recording that a list means: by path from the list, from the root, or by its last part alone."""

    _FOLDERS = ("", "wavs/", "wav/", "audio/", "clips/")

    def __init__(self, sounds: Iterable[Member]) -> None:
        self._paths: dict[str, Member] = {}
        self._lasts: dict[str, list[Member]] = {}
        for member in sounds:
            for key in {member.name, member.name.rpartition(".")[0] or member.name}:
                self._paths.setdefault(key.casefold(), member)
                self._lasts.setdefault(key.rpartition("/")[2].casefold(), []).append(member)

    def find(self, field: str, base: str) -> Member | None:
        """`field` as a list in the folder `base` spells it; None when there is none, or more than one."""
        wanted = unicodedata.normalize("NFC", field.strip().replace("\\", "/")).casefold()
        while wanted.startswith("./"):
            wanted = wanted[2:]
        base = f"{base.casefold()}/" if base else ""
        for start, folder in itertools.product((base, ""), self._FOLDERS):
            if found := self._paths.get(f"{start}{folder}{wanted}"):
                return found
        same = {member.name: member for member in self._lasts.get(wanted.rpartition("/")[2], [])}
        if not same:
            # Lists often say .wav of what was packed as something else.
            same = {m.name: m for m in self._lasts.get(names.stem(wanted), [])}
        return next(iter(same.values())) if len(same) == 1 else None


def _sentence(name: str) -> str:
    """The stem, without the mark of one of several microphones."""
    return _MICROPHONE.sub("", names.stem(name))


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Orders 2 before 10."""
    parts = re.split(r"([0-9]{1,18})", name.casefold())
    return [(1, int(part), "") if i % 2 else (0, 0, part) for i, part in enumerate(parts)]
