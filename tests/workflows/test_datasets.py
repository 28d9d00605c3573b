"""Datasets from the address to the verdict, with the real durable engine and the real child processes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from working import finish, unclaimed, wait_until

from datasets import Files, clipped, file_server, hum, long_hum, silence, zipped
from pages import Read
from sayso.domain.account import Caller
from sayso.domain.analysis import Analysis
from sayso.domain.page import PageRequest
from sayso.domain.recording import Origin, Recording
from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.errors import ConsentMissing, NotFound, WrongState
from sayso.services import Services
from sayso.storage import voices as voice_rows
from sayso.usecases import accounts, analyses, recordings, voices
from sayso.usecases.consents import SentConsent
from sayso.usecases.recordings import NewRecording, RecordingEdit
from sayso.workflows import run, runs
from serving import STATEMENT, Callbacks, callbacks, humming, saying


@pytest.fixture(scope="module")
def files() -> Iterator[Files]:
    with file_server() as files:
        yield files


@pytest.fixture
def told() -> Iterator[Callbacks]:
    with callbacks() as received:
        yield received


@pytest.fixture
def eve(services: Services) -> Caller:
    """Somebody who may not build without a consent."""
    _, secret = accounts.create_token(services, "eve")
    return accounts.sign_in(services, secret)


def ask(
    services: Services,
    caller: Caller,
    url: str,
    voice_type: VoiceType = VoiceType.PROFESSIONAL,
    callback_uri: str | None = None,
) -> Voice:
    new = voices.NewVoice("Ada", voice_type, dataset_url=url, callback_uri=callback_uri)
    return voices.create_voice(services, caller, new)[0]


def all_of(services: Services, caller: Caller, voice: Voice) -> list[Recording]:
    found = recordings.list_recordings(services, caller, voice.id, PageRequest(1, 1_000)).items
    return sorted(found, key=lambda recording: recording.created_at)


def analysis_of(services: Services, caller: Caller, voice: Voice) -> Analysis:
    return analyses.get_analysis(services, caller, voice.id).analysis


def pairs(count: int = 6) -> dict[str, bytes | str]:
    return {
        name: content
        for n in range(count)
        for name, content in ((f"{n}.wav", hum(3.0, 150 + n / 4)), (f"{n}.txt", f"the words of {n}"))
    }


def nothing_left(services: Services) -> bool:
    return not [path for path in services.work_folder.iterdir() if not path.name.startswith("consent-")]


def test_exactly_the_stranger_the_silent_and_the_clipped_one_are_named(
    services: Services, ada: Caller, files: Files, told: Callbacks
) -> None:
    planted = {
        "stranger.wav": hum(4.0, 260.0),
        "silent.wav": silence(),
        "long silence.wav": silence(25.0),
        "clipped.wav": clipped(),
    }
    url = files.put("planted.zip", zipped({**pairs(), **planted}))
    voice = ask(services, ada, url, callback_uri=told.url)
    assert voice.state is VoiceState.RUNNING
    ended = finish(services, ada, voice)
    assert ended.state is VoiceState.DATASET_ISSUE, ended.issue
    assert "“stranger” holds another speaker than the rest" in (ended.issue or "")
    assert "10.0 minutes are needed" in (ended.issue or "")

    body = told.about(voice.id)
    assert (body["ok"], body["status"], body["issue"]) == (False, "dataset_issue", ended.issue)
    named = {entry["name"]: entry for entry in body["recordings"]}
    assert set(named) == {"stranger", "silent", "long silence", "clipped"}
    assert named["stranger"]["is_outlier"]
    assert named["silent"]["is_silent"]
    assert named["long silence"]["is_silent"]
    assert not named["clipped"]["is_outlier"]
    assert not any(entry["is_active"] for entry in body["recordings"])
    assert set(body["recordings"][0]) == {
        *("uuid", "name", "transcript", "stoi_score", "pesq_score", "si_dr_score", "resemble_sample_score"),
        *("is_active", "is_outlier", "is_silent"),
    }

    kept = {recording.name: recording for recording in all_of(services, ada, voice)}
    assert len(kept) == 10
    assert {name for name, recording in kept.items() if not recording.is_active} == set(named)
    assert all(recording.origin is Origin.DATASET for recording in kept.values())
    assert kept["0"].text == "the words of 0"
    assert services.decoder.decode(services.blobs.read(kept["0"].audio_key)).duration_s == pytest.approx(3.0)
    # The caller sees why, and cannot take the stranger in again.
    report = kept["stranger"].analysis
    assert report is not None
    assert report.reasons[0].code == "other_speaker"
    with pytest.raises(WrongState, match="another speaker"):
        recordings.edit_recording(
            services, ada, voice.id, named["stranger"]["uuid"], RecordingEdit(is_active=True)
        )
    assert {one.name for one in analysis_of(services, ada, voice).report.rejected} == set(named)
    # The page has a player of each, whether it is learnt from or rejected.
    page = "".join(analyses.as_page(services, analyses.get_analysis(services, ada, voice.id)))
    assert len(Read(page).sounds) == 10
    wait_until(lambda: nothing_left(services))


def test_one_long_recording_is_cut_and_heard(services: Services, ada: Caller, files: Files) -> None:
    voice = ask(services, ada, files.put("long.wav", long_hum(8)))
    ended = finish(services, ada, voice)
    assert ended.state is VoiceState.DATASET_ISSUE  # 40 s are not ten minutes
    cut = all_of(services, ada, voice)
    assert [recording.name for recording in cut] == [f"long-{n:04}" for n in range(1, len(cut) + 1)]
    assert all(1.0 <= recording.duration_s <= 12.5 for recording in cut)
    assert all((recording.text or "").startswith("la") for recording in cut)
    assert analysis_of(services, ada, voice).form == "A"


@pytest.mark.slow
def test_without_a_consent_the_analysed_voice_asks_for_one_and_goes_on_with_it(
    services: Services, eve: Caller, files: Files, told: Callbacks
) -> None:
    sound = hum(19.0)
    url = files.put("consentless.zip", zipped({f"{n}.wav": sound for n in range(33)}))
    voice = ask(services, eve, url, callback_uri=told.url)
    ended = finish(services, eve, voice)
    assert ended.state is VoiceState.CONSENT_FAILED
    assert "no spoken consent" in (ended.issue or "")
    assert told.about(voice.id)["status"] == "consent_validation_failed"
    assert len(all_of(services, eve, voice)) == 33

    voices.edit_voice(services, eve, voice.id, voices.VoiceEdit(consent=SentConsent(saying())))
    wait_until(lambda: voices.get_voice(services, eve, voice.id).state is not VoiceState.CONSENT_FAILED)
    again = voices.get_voice(services, eve, voice.id)
    assert (again.state, again.build) == (VoiceState.RUNNING, ended.build + 1), "nobody need ask for a build"
    ended = finish(services, eve, again)
    assert (ended.state, ended.issue) == (VoiceState.FINISHED, None)
    analysis = analysis_of(services, eve, voice)
    assert (analysis.form, analysis.report.issue) == ("F", None)
    assert analysis.report.totals.usable_s > 600.0
    wait_until(lambda: told.count(voice.id) == 2)
    assert len(all_of(services, eve, voice)) == 33, "nothing is fetched a second time"


@pytest.mark.slow
def test_a_voice_whose_consent_needs_a_person_goes_on_with_another_one(
    services: Services, eve: Caller, files: Files
) -> None:
    url = files.put("unsure.zip", zipped({f"{n}.wav": hum(19.0) for n in range(33)}))
    unsure = SentConsent(saying(STATEMENT + " The weather is fine today."))
    new = voices.NewVoice("Ada", VoiceType.PROFESSIONAL, dataset_url=url, consent=unsure)
    ended = finish(services, eve, voices.create_voice(services, eve, new)[0])
    assert (ended.state, ended.consent_state) == (VoiceState.INITIALIZING, "review"), ended.issue

    voices.edit_voice(services, eve, ended.id, voices.VoiceEdit(consent=SentConsent(saying())))
    wait_until(lambda: voices.get_voice(services, eve, ended.id).build == ended.build + 1)
    assert finish(services, eve, ended).state is VoiceState.FINISHED


def test_a_rapid_voice_is_built_from_a_wav_address(services: Services, ada: Caller, files: Files) -> None:
    voice = ask(services, ada, files.put("rapid.wav", humming(12.0)), VoiceType.RAPID)
    assert voice.state is VoiceState.INITIALIZING
    assert all_of(services, ada, voice) == []
    ended = finish(services, ada, voices.build_voice(services, ada, voice.id))
    assert ended.state is VoiceState.FINISHED, ended.issue
    assert [recording.name for recording in all_of(services, ada, voice)] == ["rapid"]
    # And again, from what is there.
    asked = files.asked
    ended = finish(services, ada, voices.build_voice(services, ada, voice.id))
    assert (ended.state, files.asked) == (VoiceState.FINISHED, asked)


def test_a_rapid_voice_without_a_consent_is_asked_for_one_before_anything_is_fetched(
    services: Services, eve: Caller, files: Files
) -> None:
    before = files.asked
    voice = ask(services, eve, files.put("rapid.wav", humming(12.0)), VoiceType.RAPID)
    with pytest.raises(ConsentMissing, match=r'have the speaker say "I am aware .* by sayso'):
        voices.build_voice(services, eve, voice.id)
    assert (files.asked - before, all_of(services, eve, voice)) == (0, [])
    voices.edit_voice(services, eve, voice.id, voices.VoiceEdit(consent=SentConsent(saying())))
    wait_until(lambda: voices.get_voice(services, eve, voice.id).consent_state == "waiting_for_recordings")
    # Nothing begins by itself: a rapid voice is built when that is asked for.
    waiting = voices.get_voice(services, eve, voice.id)
    assert (waiting.state, files.asked - before) == (VoiceState.INITIALIZING, 0)
    ended = finish(services, eve, voices.build_voice(services, eve, voice.id))
    assert (ended.state, ended.consent_state) == (VoiceState.FINISHED, "accepted"), ended.issue


def test_too_short_a_file_is_no_rapid_voice(services: Services, ada: Caller, files: Files) -> None:
    voice = ask(services, ada, files.put("short.wav", humming(4.0)), VoiceType.RAPID)
    ended = finish(services, ada, voices.build_voice(services, ada, voice.id))
    assert ended.state is VoiceState.DATASET_ISSUE
    assert "4.0 s of good speech, 10.0 s are needed" in (ended.issue or "")


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("missing.zip", None, "could not be fetched: the server answered 404"),
        ("page.zip", b"<!doctype html><html>no</html>", "cannot be used: the file is an HTML page"),
        ("cut.zip", zipped(pairs(2))[:-60], "cannot be used: the archive is broken"),
        ("up.zip", zipped({"../../a.wav": hum()}), "leads out of the archive"),
        ("empty.zip", zipped({"a.txt": "words"}), "no recording in the archive"),
        (
            "list.zip",
            zipped({"metadata.csv": "x|words\ny|more", "wavs/a.wav": hum()}),
            "names is in the archive",
        ),
    ],
)
def test_what_is_no_dataset_is_told_clearly(
    services: Services, ada: Caller, files: Files, told: Callbacks, name: str, data: bytes | None, what: str
) -> None:
    url = f"{files.url}/{name}" if data is None else files.put(name, data)
    voice = ask(services, ada, url, callback_uri=told.url)
    ended = finish(services, ada, voice)
    assert ended.state is VoiceState.DATASET_ISSUE
    assert what in (ended.issue or ""), ended.issue
    assert url not in (ended.issue or "")
    assert told.about(voice.id)["recordings"] == []
    with pytest.raises(NotFound, match="not been analysed"):
        analyses.get_analysis(services, ada, voice.id)


@pytest.mark.slow
def test_another_address_starts_anew(services: Services, ada: Caller, files: Files) -> None:
    voice = ask(services, ada, f"{files.url}/missing.zip")
    finish(services, ada, voice)
    good = files.put("found.zip", zipped(pairs()))
    again, _ = voices.edit_voice(services, ada, voice.id, voices.VoiceEdit(dataset_url=good))
    assert again.state is VoiceState.RUNNING
    finish(services, ada, again)
    assert len(all_of(services, ada, voice)) == 6


@pytest.mark.slow
def test_a_new_address_takes_the_place_of_a_run_and_of_its_recordings(
    services: Services, ada: Caller, files: Files
) -> None:
    first = {f"{n}.wav": hum(3.0, 180 + n / 4) for n in range(4)}
    voice = ask(services, ada, files.put("first.zip", zipped(first)))
    finish(services, ada, voice)
    by_hand = recordings.add_recording(services, ada, voice.id, NewRecording("by hand", hum()))
    before = {recording.audio_key for recording in all_of(services, ada, voice)} - {by_hand.audio_key}
    slow = files.put("slow.zip", zipped({"never.wav": hum()}))
    files.slow_s = 0.5
    try:
        voices.edit_voice(services, ada, voice.id, voices.VoiceEdit(dataset_url=slow))
        second = files.put("second.zip", zipped({f"new {n}.wav": hum(3.0, 160 + n / 4) for n in range(4)}))
        voices.edit_voice(services, ada, voice.id, voices.VoiceEdit(dataset_url=second))
        ended = finish(services, ada, voice)
    finally:
        files.slow_s = 0.0
    assert ended.build == 3
    names = {recording.name for recording in all_of(services, ada, voice)}
    assert names == {"by hand", *(f"new {n}" for n in range(4))}
    wait_until(lambda: not any(services.blobs.exists(key) for key in before))
    wait_until(lambda: nothing_left(services))


@pytest.mark.parametrize(
    "stage",
    [
        pytest.param("fetching the dataset", marks=pytest.mark.slow),
        pytest.param("listening", marks=pytest.mark.slow),
        "analysing the recordings",
    ],
)
def test_a_voice_that_is_deleted_meanwhile_leaves_nothing(
    services: Services, ada: Caller, files: Files, stage: str
) -> None:
    wait_until(lambda: nothing_left(services))
    before = unclaimed(services)
    entries = {f"{n}.wav": hum(3.0, 170 + n / 4) for n in range(12)}
    files.slow_s = 0.3
    try:
        voice = ask(services, ada, files.put("deleted.zip", zipped(entries)))
        wait_until(lambda: voices.get_voice(services, ada, voice.id).stage == stage)
    finally:
        files.slow_s = 0.0
    voices.delete_voice(services, ada, voice.id)
    wait_until(lambda: nothing_left(services))
    wait_until(lambda: unclaimed(services) <= before)


def test_uploads_are_analysed_by_the_build_and_harm_is_set_inactive(
    services: Services, ada: Caller, told: Callbacks
) -> None:
    new = voices.NewVoice("Ada", VoiceType.RAPID, callback_uri=told.url)
    voice, _ = voices.create_voice(services, ada, new)
    for n in range(3):
        recordings.add_recording(services, ada, voice.id, NewRecording(f"good {n}", humming(5.0, 150 + n)))
    for name, sound in (("silent", silence()), ("clipped", clipped())):
        recordings.add_recording(services, ada, voice.id, NewRecording(name, sound))
    finished = finish(services, ada, voices.build_voice(services, ada, voice.id))
    assert finished.state is VoiceState.FINISHED, finished.issue
    found = {recording.name: recording for recording in all_of(services, ada, voice)}
    assert {name for name, recording in found.items() if not recording.is_active} == {"silent", "clipped"}
    remarks = analysis_of(services, ada, voice).report.remarks
    assert any("“silent” (without speech)" in remark for remark in remarks), remarks
    # What is merely silent may be tried again; the next build looks again.
    recordings.edit_recording(services, ada, voice.id, found["silent"].id, RecordingEdit(is_active=True))

    stranger = NewRecording("stranger", humming(5.0, 260.0))
    recordings.add_recording(services, ada, voice.id, stranger)
    ended = finish(services, ada, voices.build_voice(services, ada, voice.id))
    assert ended.state is VoiceState.DATASET_ISSUE
    wait_until(lambda: told.count(voice.id) == 2)
    # With the stranger inactive another build goes well.
    ended = finish(services, ada, voices.build_voice(services, ada, voice.id))
    assert ended.state is VoiceState.FINISHED, ended.issue


def test_professional_uploads_are_analysed_and_the_missing_seconds_are_told(
    services: Services, ada: Caller, told: Callbacks
) -> None:
    voice, _ = voices.create_voice(services, ada, voices.NewVoice("Ada", callback_uri=told.url))
    for n in range(services.limits.min_recordings_professional):
        recordings.add_recording(
            services, ada, voice.id, NewRecording(f"take {n}", humming(2.0, 150 + n / 8))
        )
    ended = finish(services, ada, voices.build_voice(services, ada, voice.id))
    assert ended.state is VoiceState.DATASET_ISSUE
    assert "40.0 s of good speech, 10.0 minutes are needed" in (ended.issue or "")
    assert analysis_of(services, ada, voice).report.totals.recordings == 20
    wait_until(lambda: told.count(voice.id) == 1)
    assert told.about(voice.id)["status"] == "dataset_issue"


def test_what_came_is_told_where_the_server_does_not_say_how_much_there_is(
    services: Services, ada: Caller, files: Files
) -> None:
    files.drips.add("drip.wav")
    try:
        voice = ask(services, ada, files.put("drip.wav", humming(12.0)))

        def stage() -> str:
            return voices.get_voice(services, ada, voice.id).stage or ""

        wait_until(lambda: re.fullmatch(r"fetching the dataset: 0\.\d MB so far", stage()))
    finally:
        files.drips.clear()
    assert finish(services, ada, voice).state is VoiceState.DATASET_ISSUE, "twelve seconds are no ten minutes"


def test_the_sweep_removes_folders_that_no_run_goes_on_with(
    services: Services, ada: Caller, files: Files
) -> None:
    left = services.work_folder / "0123abcd-3"
    (left / "fetched").mkdir(parents=True)
    wait_until(lambda: not left.exists())
    # Not that of a run which is under way.
    held = files.put("held.wav", humming(12.0))
    files.held.add("held.wav")
    try:
        voice = ask(services, ada, held)
        place = run.folder(services, voice.id, voice.build)
        wait_until(place.exists)
        runs.sweep(services)
        assert place.exists()
    finally:
        files.held.clear()
    finish(services, ada, voice)


def test_a_dataset_that_came_for_a_voice_that_is_gone_is_removed(services: Services) -> None:
    place = run.folder(services, "0123abce", 1)
    (place / "fetched").mkdir(parents=True)
    runs._go_on("0123abce", 1)
    assert not place.exists()


def test_the_sweep_finds_a_run_that_was_never_started(services: Services, ada: Caller, files: Files) -> None:
    voice = ask(services, ada, files.put("swept.zip", zipped(pairs(2))))
    finish(services, ada, voice)
    with services.db.begin() as tx:
        row = voice_rows.find(tx, ada.account_id, voice.id, lock=True)
        voice_rows.save(tx, row.asked_for(row.updated_at, is_vouched_for=True))
    assert finish(services, ada, voice).state is VoiceState.DATASET_ISSUE
    assert voices.get_voice(services, ada, voice.id).build == 2


def test_texts_are_held_against_the_sound_whoever_gave_them(
    services: Services, ada: Caller, files: Files
) -> None:
    """A professional build knows of each text whether it is what is heard; one that was edited is heard again."""
    url = files.put("texts.zip", zipped({f"{n}.wav": hum(1.0, 150 + n / 4) for n in range(3)}))
    voice = ask(services, ada, url)
    finish(services, ada, voice)
    heard = all_of(services, ada, voice)
    assert [(one.text, one.text_source, one.is_text_sure) for one in heard] == [
        ("la la la", "heard", True)
    ] * 3
    edited = recordings.edit_recording(
        services, ada, voice.id, heard[0].id, RecordingEdit(text="not a word of it")
    )
    assert (edited.text_source, edited.agreement, edited.is_text_sure) == ("given", None, False)
    renamed = recordings.edit_recording(services, ada, voice.id, heard[1].id, RecordingEdit(name="other"))
    assert renamed.is_text_sure
    for n in range(17):
        text = None if n % 2 else "la la la"
        recordings.add_recording(
            services, ada, voice.id, NewRecording(f"up {n}", hum(1.0, 150 + n / 8), text=text)
        )

    voices.build_voice(services, ada, voice.id)
    finish(services, ada, voice)

    now = {one.name: one for one in all_of(services, ada, voice)}
    wrong = now["0"]
    assert (wrong.text, wrong.agreement, wrong.is_text_sure) == ("not a word of it", 0.0, False)
    assert wrong.analysis is not None
    assert "words_differ" in [reason.code for reason in wrong.analysis.reasons]
    assert (now["up 0"].text_source, now["up 0"].agreement) == ("given", 1.0)
    assert (now["up 1"].text, now["up 1"].text_source) == ("la la la", "heard")
    assert all(one.is_text_sure for name, one in now.items() if name != "0")
    assert now["up 1"].analysis is not None
    assert now["up 1"].analysis.text == "la la la"


@pytest.mark.parametrize("kind", VoiceType)
def test_nobody_waits_for_another_ones_slow_address(
    services: Services, ada: Caller, files: Files, kind: VoiceType
) -> None:
    files.held.add("slow.wav")
    slow = voices.create_voice(
        services, ada, voices.NewVoice("Slow", kind, dataset_url=files.put("slow.wav", hum(19.0)))
    )[0]
    quick = voices.create_voice(
        services, ada, voices.NewVoice("Quick", kind, dataset_url=files.put("quick.wav", hum(19.0)))
    )[0]
    if kind is VoiceType.RAPID:
        slow, quick = voices.build_voice(services, ada, slow.id), voices.build_voice(services, ada, quick.id)
    ended = finish(services, ada, quick)
    assert ended.state is (VoiceState.FINISHED if kind is VoiceType.RAPID else VoiceState.DATASET_ISSUE)
    waiting = voices.get_voice(services, ada, slow.id)
    assert (waiting.state, waiting.stage) == (VoiceState.RUNNING, "fetching the dataset")
    files.held.clear()
    assert finish(services, ada, slow).state is ended.state


def test_the_issue_of_a_set_that_is_too_small_names_what_was_not_taken(
    services: Services, ada: Caller, files: Files
) -> None:
    torn = {"torn.flac": b"fLaC" + bytes(50), "notes.pdf": b"%PDF-1.4 " + bytes(50)}
    ended = finish(services, ada, ask(services, ada, files.put("torn.zip", zipped({**pairs(2), **torn}))))
    assert ended.state is VoiceState.DATASET_ISSUE
    issue = ended.issue or ""
    assert issue.startswith("There are 6.0 s of good speech")
    assert "then start the build again. 2 files of the dataset were not taken: 'notes.pdf' is a PDF" in issue
    assert issue.endswith("(and so on).")


def test_a_rapid_build_tells_what_it_heard(services: Services, ada: Caller) -> None:
    voice, _ = voices.create_voice(services, ada, voices.NewVoice("Ada", VoiceType.RAPID))
    for n, text in enumerate((None, " ".join(["la"] * 11), "something else")):
        recordings.add_recording(
            services, ada, voice.id, NewRecording(f"{n}", humming(4.0, 150 + n), text=text)
        )
    voices.build_voice(services, ada, voice.id)
    assert finish(services, ada, voice).state is VoiceState.FINISHED
    none, right, wrong = sorted(all_of(services, ada, voice), key=lambda one: one.name)
    assert (none.text, none.text_source, none.agreement) == (" ".join(["la"] * 11), "heard", None)
    assert (right.text_source, right.agreement) == ("given", 1.0)
    assert (wrong.text, wrong.agreement) == ("something else", 0.0)
    told = {one.name: one for one in analysis_of(services, ada, voice).report.recordings}
    assert (told["0"].text, told["1"].agreement, told["2"].agreement) == (none.text, 1.0, 0.0)
    assert wrong.analysis == told["2"]
    # And what follows from it, as in every analysis.
    assert [reason.code for reason in told["2"].reasons] == ["words_differ"]
    assert (told["2"].grade, told["1"].grade) == ("look_at_it", "good")
    report = analysis_of(services, ada, voice).report
    assert report.remarks == ("With a text that differs from what is heard, have a look: “2”.",)
    assert (report.outcome, report.totals.good, report.totals.look_at_it) == ("accepted_with_remarks", 2, 1)
    # A text that is put right is right in the next build.
    recordings.edit_recording(services, ada, voice.id, wrong.id, RecordingEdit(text=right.text))
    voices.build_voice(services, ada, voice.id)
    assert finish(services, ada, voice).state is VoiceState.FINISHED
    report = analysis_of(services, ada, voice).report
    assert (report.outcome, report.remarks, report.totals.good) == ("accepted", (), 3)
