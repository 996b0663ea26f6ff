"""The command `casepulse`."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from kafka.errors import KafkaError

from deploy.configuration.authorities import AuthoritiesUnreadable
from deploy.configuration.settings import SettingsUnusable, read_settings
from deploy.configuration.variables import CONFIG
from deploy.verbs import doctor, figures, load, looking, run, simulate
from metrics.store.connection import STORE_ERRORS
from metrics.store.position import Refused
from metrics.store.secrets import Unusable

FAILED, REFUSED = 1, 3

VERBS = (
    run.up,
    run.worker,
    run.serve,
    run.publish,
    figures.figures,
    load.load,
    simulate.simulate,
    looking.measures,
    looking.dead_letters,
    looking.schema,
    doctor.doctor,
    doctor.settings,
    doctor.scrape,
)


class Fault(click.ClickException):
    """One line that says what is wrong and what to do."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = code


def plainly(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Return *verb* with the errors that a person can do something about said in one line."""

    @wraps(verb)
    def said(*args: Any, **kwargs: Any) -> Any:
        try:
            return verb(*args, **kwargs)
        except BrokenPipeError:  # whoever reads our output has seen enough
            sys.stdout = None
            raise SystemExit(FAILED) from None
        except (Refused, AuthoritiesUnreadable, SettingsUnusable, Unusable) as exc:
            raise Fault(str(exc), REFUSED) from exc
        except KafkaError as exc:
            raise Fault(_silent("Kafka", read_settings().kafka, "CASEPULSE_KAFKA", exc)) from exc
        except STORE_ERRORS as exc:
            raise Fault(_silent("the store", read_settings().redis, "CASEPULSE_REDIS", exc)) from exc

    return said


def _silent(what: str, where: object, variable: str, exc: Exception) -> str:
    return (
        f"{what} does not answer at {where} ({type(exc).__name__}): start everything with `casepulse up` "
        f"(in this folder: `make up`), or set {variable} to where it is; `casepulse doctor` says more"
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="casepulse")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar=CONFIG,
    help="A .toml file with settings; a variable of the environment counts more. `casepulse settings` lists them.",
)
def main(config: Path | None) -> None:
    """Live performance figures for children's social care.

    Start with `casepulse up`: it brings Kafka, Valkey, a worker, a server and a made-up authority to this machine,
    and says where to look. `casepulse figures --from FILE` needs none of them.

    Exit codes: 0 done, 1 failed, 2 wrong use, 3 refused to run because it would not be safe.
    """
    if config:
        os.environ[CONFIG] = str(config.absolute())  # for the processes that a verb starts, too


for verb in VERBS:
    verb.callback = plainly(verb.callback)  # type: ignore[arg-type]
    main.add_command(verb)

if __name__ == "__main__":
    sys.exit(main())
