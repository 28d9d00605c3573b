"""The one place that picks concrete parts (which store, which engine) and joins them."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from sayso.engines import memory
from sayso.engines.marked import MarkedEngine
from sayso.engines.registry import EngineOptions, make_ear, make_engine, make_mark_finder, make_marker
from sayso.engines.resident import Speakers
from sayso.errors import BadSettings, Unavailable
from sayso.outbound import FetchLimits, Outbound
from sayso.pipeline.analyser import ChildAnalyser
from sayso.pipeline.dataset.limits import MIB, DatasetLimits
from sayso.pipeline.dataset.preparer import ChildPreparer
from sayso.pipeline.decoding import ChildDecoder, DecodeLimits
from sayso.pipeline.examiner import ChildExaminer
from sayso.pipeline.trainer import ChildTrainer
from sayso.services import ConsentRules, Limits, Services
from sayso.settings import Settings
from sayso.storage import installation
from sayso.storage.blobs import open_blobs
from sayso.storage.db import Database
from sayso.storage.migrations import migrate
from sayso.text.consent.statement import load as load_statements
from sayso.usecases import accounts
from sayso.workflows import dispatcher, durable
from sayso.workflows.sweep import sweep

ALWAYS_A_PLATFORM = "Resemble AI"
"""People who read the statement from the documentation of the API we are compatible with name this one."""

_log = logging.getLogger(__name__)
_LONG_TRAINER_RESTS_S = 60.0
"""A professional voice takes forty minutes: nobody waits for the seconds that its models need."""


def open_services(settings: Settings, run_worker: bool = True, *, warm: bool = True) -> Services:
    """Join all parts: the folder, the database at its newest schema, the stores, the engine.

    With `run_worker` this process also does the long work, and goes on with what an earlier one left.
    Models load in the background (unless `warm` is false: at first use); `usecases.health` tells when they
    are there. A bootstrap token from the settings exists afterwards; where none is set, call
    `usecases.accounts.ensure_bootstrap_token` to have one made and shown.

    Raises BadSettings, and Unavailable when another process already works on the same folder.
    """
    memory.keep_small()
    home = _made(settings.home)
    limits = Limits(
        min_recordings_rapid=settings.min_recordings_rapid,
        min_recordings_professional=settings.min_recordings_professional,
        professional_s=settings.professional_minutes * 60.0,
        speech_queue=settings.speech_queue,
        webhook_delays_s=settings.webhook_delays_s,
        webhook_pause_s=settings.webhook_pause_s,
    )
    db = Database(settings.app_database_url)
    try:
        migrate(db)
    except Exception as error:
        db.close()
        raise BadSettings(f"SAYSO_DATABASE_URL: {_unusable(db, error)}") from error
    options = EngineOptions(
        settings.models_folder, settings.threads, speaks_only=True, step_s=settings.tone_step_s
    )
    engine = make_engine(settings.engine, options)
    marker = make_marker(settings.engine, options) if settings.watermark else None
    if marker is not None:
        engine = MarkedEngine(engine, marker)
    if not settings.watermark:
        _log.warning(
            "SAYSO_WATERMARK is off: nobody will be able to tell that what is spoken here was made by a machine"
        )
    blobs = open_blobs(settings.blobs_url)
    work_folder = _made(home / "work")
    services = Services(
        db=db,
        blobs=blobs,
        engine=engine,
        is_marking=marker is not None,
        ear=make_ear(settings.engine, options),
        speakers=Speakers(engine, blobs.read, max_bytes=settings.voices_max_mib * MIB),
        outbound=Outbound(
            settings.outbound_allow,
            fetch=FetchLimits(max_bytes=settings.dataset_max_mib * MIB, total_s=settings.dataset_fetch_s),
        ),
        marks=make_mark_finder(settings.engine, options),
        decoder=ChildDecoder(
            DecodeLimits(
                max_s=limits.max_recording_s,
                max_channels=limits.max_recording_channels,
                max_samples=limits.max_recording_samples,
            )
        ),
        examiner=ChildExaminer(
            settings.engine,
            settings.models_folder,
            settings.threads,
            settings.consent_statements,
            step_s=settings.tone_step_s,
        ),
        trainer=ChildTrainer(
            settings.engine,
            settings.models_folder,
            settings.threads,
            step_s=settings.tone_step_s,
            marks=settings.watermark,
        ),
        long_trainer=ChildTrainer(
            settings.engine,
            settings.models_folder,
            settings.threads,
            step_s=settings.tone_step_s,
            nice=15,
            rest_after_s=_LONG_TRAINER_RESTS_S,
            marks=settings.watermark,
        ),
        preparer=ChildPreparer(
            settings.engine,
            settings.models_folder,
            settings.threads,
            limits=_dataset_limits(settings),
            step_s=settings.tone_step_s,
        ),
        analyser=ChildAnalyser(
            settings.engine, settings.models_folder, settings.threads, step_s=settings.tone_step_s
        ),
        consent=consent_rules(settings),
        limits=limits,
        link_key=installation.secret(db, "link_key"),
        receipt_key=installation.secret(db, "receipt_key"),
        public_url=settings.base_url,
        work_folder=work_folder,
    )
    if not settings.company:
        _log.info(
            "SAYSO_COMPANY is empty: a spoken consent may name any company, so one that was given to somebody else "
            "passes; set it to the name that speakers have to say"
        )
    if settings.bootstrap_token is not None:
        is_set = "bootstrap_authorized_uploader" in settings.model_fields_set
        accounts.ensure_bootstrap_token(
            services,
            settings.bootstrap_token.get_secret_value(),
            settings.bootstrap_authorized_uploader if is_set else None,
        )
    if run_worker:
        try:
            durable.open_worker(services, _jobs_url(settings), home, sweep)
            dispatcher.open_dispatcher(services)
        except Unavailable:
            close(services)
            raise
    if warm:
        threading.Thread(target=_warm, args=(services,), name="sayso-warm", daemon=True).start()
    return services


def consent_rules(settings: Settings) -> ConsentRules:
    """What consents are held against here. Raises BadSettings for statements that cannot be used."""
    try:
        statements = load_statements(settings.consent_statements)
    except BadSettings as error:
        raise BadSettings(f"SAYSO_CONSENT_STATEMENTS: {error}") from error
    return ConsentRules(
        company=settings.company,
        platforms=tuple(dict.fromkeys((settings.platform, ALWAYS_A_PLATFORM))),
        statements=statements,
        needs_phrase=settings.consent_challenge == "on",
    )


def close(services: Services) -> None:
    """Stop working and give everything back. Unfinished work goes on at the next start."""
    durable.close_worker(services)
    dispatcher.close_dispatcher(services)
    services.examiner.close()
    services.trainer.close()
    services.long_trainer.close()
    services.preparer.close()
    services.analyser.close()
    services.decoder.close()
    services.db.close()


def _warm(services: Services) -> None:
    """Load what the first requests would wait for, the most wanted first.

    One after the other: all at once they would fight for the cores while /readyz waits. What builds are made with
    loads when one is in sight (`runs.expect`), and is a gigabyte less until then.
    """
    services.speakers.warm()
    try:
        services.decoder.warm()
    except Unavailable as stopping:
        _log.debug("warming up was cut short: %s", stopping)


def _dataset_limits(settings: Settings) -> DatasetLimits:
    return DatasetLimits(
        max_unpacked_bytes=settings.dataset_max_unpacked_mib * MIB,
        max_members=settings.dataset_max_members,
        max_audio_s=settings.dataset_max_hours * 3_600.0,
    )


def _jobs_url(settings: Settings) -> str:
    """Where the durable engine writes: its own SQLite file, or the same PostgreSQL in a schema of its own."""
    url = settings.app_database_url
    # A file of its own: beside busy workflows, API writes in the same file waited for seconds.
    return f"sqlite:///{settings.home / 'dbos.db'}" if url.startswith("sqlite") else url


def _unusable(db: Database, error: Exception) -> str:
    """What is wrong with a database, without the library's address of its own manual."""
    told = str(getattr(error, "orig", None) or error)
    return f"the database {db.url!r} cannot be used ({told}): check that it runs and may be written, or name another"


def _made(folder: Path) -> Path:
    if folder.exists() and not folder.is_dir():
        raise BadSettings(f"SAYSO_HOME: {folder} is a file, not a folder: choose another")
    try:
        # People's voices and the keys of links lie here: for nobody else's eyes.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / ".sayso-writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadSettings(
            f"SAYSO_HOME: the folder {folder} cannot be written ({error.strerror}): choose another"
        ) from error
    return folder
