"""The verb that asks for figures: of the running server or store, or of a file that is folded here and now."""

from pathlib import Path

import click

from deploy.configuration.settings import Settings, read_settings
from deploy.processes.refusal import refusal as refusal_of
from deploy.verbs.parameters import AuthorityCode
from deploy.verbs.request import FigureRequest, QuestionRefused
from metrics.windows import At, parse_at
from metrics.wrong_question import WrongQuestion


class DateOrInstant(click.ParamType):
    """A date, or an instant with offset."""

    name = "date or instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> At:
        try:
            return parse_at(str(value))
        except WrongQuestion as exc:
            self.fail(str(exc), param, ctx)


@click.command()
@click.argument("measure", nargs=-1)
@click.option("--from", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Fold this .ndjson.")
@click.option(
    "--at", "moments", multiple=True, type=DateOrInstant(), help="Date or instant; repeatable. Left out: now."
)
@click.option("--known-at", type=DateOrInstant(), help="Count only what was known by then, as a report of then did.")
@click.option("--window", help="day, week, month, quarter, year_to_date, year or last_N_days.")
@click.option("--by", multiple=True, metavar="DIM", help="Divide by a breakdown of the measure, by team or locality.")
@click.option("--only", multiple=True, metavar="DIM=VALUE", help="Keep to one value of a breakdown, as band=3+.")
@click.option("--team", help="Only this team.")
@click.option("--locality", help="Only this locality.")
@click.option("--authority", type=AuthorityCode(), help="Only this authority.")
@click.option("--cases", is_flag=True, help="The children and records behind the figure of one MEASURE. Personal data.")
@click.option("--json", "as_json", is_flag=True, help="The envelope of the contract, section 3.")
@click.option("--csv", "as_csv", is_flag=True, help="One line a figure; with --cases, one a child.")
def figures(
    measure: tuple[str, ...],
    file: Path | None,
    moments: tuple[At, ...],
    known_at: At | None,
    window: str | None,
    by: tuple[str, ...],
    only: tuple[str, ...],
    team: str | None,
    locality: str | None,
    authority: str | None,
    cases: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Show figures: of every MEASURE, or of those named.

    Asks the server where one runs (CASEPULSE_SERVER), else reads the store. With --from the file is folded here, with
    no Kafka and no Redis: the reference that the service must equal.

    \b
    casepulse figures assessment_timeliness --at 2017-12-31 --by team
    casepulse figures assessments_overdue --cases
    casepulse figures placements_in_year --only band=3+ --cases
    casepulse figures --from events.ndjson --at 2017-12-31 --known-at 2018-01-05 --json
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv: ask for one of them")
    if cases and len(measure) != 1:
        raise click.UsageError("--cases shows the records behind one figure: name one MEASURE")
    request = FigureRequest(
        measures=measure,
        moments=moments,
        known_at=known_at,
        window=window,
        by=by,
        wanted=_wanted(only),
        team=team,
        locality=locality,
        authority=authority,
    )
    settings = read_settings()
    refusal: QuestionRefused | None = None
    if settings.server and not (file or known_at or cases):
        try:
            if _shown_by(settings.server, request, as_json, as_csv):
                _say_refusal(settings)
                return
        except QuestionRefused as exc:
            refusal = exc
    # Not at the top: the store, its cells and the cases behind them are needed only where no server answers.
    from deploy.verbs import figures_of_store
    from metrics.store.connection import STORE_ERRORS

    if cases:
        figures_of_store.show_cases(request, file, settings, as_json, as_csv)
        if not file:
            _say_refusal(settings)
        return
    try:
        figures_of_store.show(request, file, settings, as_json, as_csv)
    except STORE_ERRORS as exc:
        if refusal is None:
            raise
        raise click.UsageError(str(refusal)) from exc  # nobody else can say what is wrong with the question
    if not file:
        _say_refusal(settings)


def _say_refusal(settings: Settings) -> None:
    """Say on standard error that figures stand still, and why, where the worker of the `up` here has refused."""
    if (said := refusal_of(settings)) is not None:
        click.echo(f"the worker has refused to run, so nothing new is counted. It said: {said}", err=True)


def _shown_by(server: str, request: FigureRequest, as_json: bool, as_csv: bool) -> bool:
    """Show the figures of *server*; return whether it gave any. Raises QuestionRefused."""
    # Not at the top: an answer brings the catalogue and the arrays, for which `--help` need not wait.
    from deploy.verbs.figures_of_server import answer_of, earlier_of
    from deploy.verbs.written import written

    if (answer := answer_of(server, request)) is None:
        return False
    earlier = earlier_of(server, request, request.moments_before(answer.figures, as_json or as_csv))
    click.echo(written(answer, as_json, as_csv, earlier.change), nl=False)
    return True


def _wanted(only: tuple[str, ...]) -> dict[str, str]:
    from metrics.figures.question import kept_to  # not at the top: `--help` need not wait for it

    try:
        return kept_to(only)
    except WrongQuestion as exc:
        raise click.UsageError(str(exc)) from exc
