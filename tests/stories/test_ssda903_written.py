"""Stories of how a return is written: what spreadsheets and exports do to files, and when a file is refused."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.command import main
from events.sources.pseudonym import keyed
from events.sources.report import Outcome
from events.sources.source import Limits, SourceUnreadable
from events.sources.ssda903.returns import Return, read_all
from tests.stories.ssda903_returns import (
    COLUMNS,
    HEADER,
    Write,
    in_turn,
    of_type,
    periods,
    reading,
    reasons,
    report_of,
    store_of,
    total,
    write_return,
    writer,
)

write = pytest.fixture(writer)

USUAL = Limits()
EPISODES = "1 01/05/2017 S C2 03/06/2017 X1\n1 03/06/2017 P C2 - - U4"
TWO = [("2017-05-01", "", "")]


def rewritten(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    (folder / f"{name}.csv").write_text(text, encoding)
    return folder


def dated(folder: Path, form: str) -> Path:
    """Write the days of a return in another form."""
    for name in ("episodes", "header"):
        text = (folder / f"{name}.csv").read_text()
        for day in (date(2017, 5, 1), date(2017, 6, 3), date(2008, 3, 27)):
            serial = str((day - date(1899, 12, 30)).days)
            text = text.replace(f"{day:%d/%m/%Y}", serial if form == "serial" else day.strftime(form))
        rewritten(folder, name, text)
    return folder


# --- rows and cells -----------------------------------------------------------------------------------------------


def test_a_row_that_is_short_at_its_end_lacks_blank_cells_alone(write: Write) -> None:
    """A spreadsheet leaves out the trailing commas of rows whose last columns are blank. Nothing has moved."""
    folder = write("1 01/05/2017 S C2 - -")
    plain = reading(folder)
    for short in (
        "1,01/05/2017,S,C2,N1,U1,PR1,,,,EX1 1AA,EX2 2BB,SC1",
        "1,01/05/2017,S,C2,N1,U1,PR1,,,,EX1 1AA,EX2 2BB",
        "1,01/05/2017,S,C2,N1,U1,PR1",
        "1,01/05/2017,S,C2,N1,U1",
        "1,01/05/2017,S,C2,N1,U1,PR1,,,,,,,,,",
        '"1","01/05/2017","S","C2","N1","U1","PR1"',
    ):
        read = reading(rewritten(folder, "episodes", f"{COLUMNS}\n{short}\n"))
        assert periods(read.events) == periods(plain.events)
        assert report_of(read, "episodes.csv").outcomes == {Outcome.USED: 1}
    header = reading(rewritten(folder, "header", "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n1,1,27/03/2008\n"))
    assert of_type(header.events, "person.recorded") == of_type(plain.events, "person.recorded")


@pytest.mark.parametrize("row", ["1", "1,01/05/2017", "1,01/05/2017,S,C2,N1", "1,01/05/2017,S,C2,N1,U1,PR1,,,,,,,x"])
def test_a_row_too_long_or_without_a_cell_that_is_never_blank_is_left(write: Write, row: str) -> None:
    """The file was cut off in the middle of a line, or a comma stood in a cell."""
    folder = rewritten(write("1 01/05/2017 S C2 - -"), "episodes", f"{COLUMNS}\n{row}\n")
    assert reasons(reading(folder)) == {"RAGGED": 1}


@pytest.mark.parametrize("word", ["NULL", "null", "N/A", "n/a", "-", "#N/A", "None", "nan", " "])
def test_what_exports_write_for_a_blank_is_blank(write: Write, word: str) -> None:
    """In any column: DEC, REC, REASON_PLACE_CHANGE here."""
    folder = write("1 01/05/2017 S C2 - -")
    text = COLUMNS + f"\n1,01/05/2017,S,C2,N1,U1,PR1,{word},{word},{word},{word},{word},{word}\n"
    read = reading(rewritten(folder, "episodes", text))
    assert periods(read.events) == TWO
    assert reasons(read) == {}
    ((_, placed),) = of_type(read.events, "placement.started")
    assert "home" not in placed


def test_rows_without_any_cell_are_no_rows(write: Write) -> None:
    """A spreadsheet saves what was once touched."""
    folder = write(EPISODES)
    text = (folder / "episodes.csv").read_text()
    commas = "," * COLUMNS.count(",")
    read = reading(rewritten(folder, "episodes", f"{commas}\n{text}{commas}\n\n{commas}\n"), limits=USUAL)
    assert (periods(read.events), report_of(read, "episodes.csv").read) == (TWO, 2)


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n"])
def test_lines_end_as_any_program_ends_them(write: Write, ends: str) -> None:
    """Windows, an old Macintosh, others; a cell may hold a line's end in quotes."""
    folder = write(EPISODES)
    text = (folder / "episodes.csv").read_text().replace("N1", '"N\n1"', 1)
    (folder / "episodes.csv").write_bytes(text.replace("\n", ends).encode())
    read = reading(folder)
    assert periods(read.events) == TWO
    assert reasons(read) == {"NO_CODE": 1}


# --- days ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("%Y-%m-%d", "YYYY-MM-DD"),
        ("%Y-%m-%d 00:00:00", "YYYY-MM-DD"),
        ("%Y-%m-%dT00:00:00.000", "YYYY-MM-DD"),
        ("%Y/%m/%d", "YYYY-MM-DD"),
        ("%Y%m%d", "YYYYMMDD"),
        ("%d-%b-%Y", "DD-Mon-YYYY"),
        ("%d %B %Y", "DD-Mon-YYYY"),
        ("%m/%d/%Y", "MM/DD/YYYY"),
        ("serial", "serial day numbers"),
        ("%d/%m/%Y 00:00", None),
        ("%d-%m-%Y", None),
        ("%d.%m.%Y", None),
    ],
)
def test_days_in_another_form_are_read_and_the_form_is_said(write: Write, form: str, said: str | None) -> None:
    """All cells of a column agree."""
    folder = write(EPISODES.replace("03/06", "13/06"))
    for name in ("episodes", "header"):
        text = (folder / f"{name}.csv").read_text()
        for day in (date(2017, 5, 1), date(2017, 6, 13), date(2008, 3, 27)):
            other = str((day - date(1899, 12, 30)).days) if form == "serial" else day.strftime(form)
            text = text.replace(f"{day:%d/%m/%Y}", other)
        rewritten(folder, name, text)
    read = reading(folder, limits=USUAL)
    assert periods(read.events) == TWO
    assert [day for day, _ in of_type(read.events, "placement.started")] == ["2017-05-01", "2017-06-13"]
    assert of_type(read.events, "person.recorded") == [("2018-03-31", {"birth_month": "2008-03"})]
    assert report_of(read, "episodes.csv").forms == ({"DECOM": said, "DEC": said} if said else {})


def test_the_other_columns_of_a_file_tell_which_of_two_forms_a_column_has(write: Write) -> None:
    """03/06 alone may be either; one program wrote the file, and 06/13 can only be June."""
    folder = rewritten(
        write("1 01/05/2017 S C2 - -"),
        "episodes",
        COLUMNS + "\n1,05/03/2017,S,C2,N1,U1,PR1,06/13/2017,E3,,,,\n",
    )
    assert periods(reading(folder).events) == [("2017-05-03", "2017-06-13", "E3")]


def test_of_a_column_with_several_forms_the_departments_alone_is_read(write: Write) -> None:
    """A program turned some cells and not others, and may have taken the day for the month. The rest is left."""
    folder = write("\n".join(f"{n} {n}/05/2017 S C2 - -" for n in range(10, 30)))
    text = (folder / "episodes.csv").read_text()
    some = text.replace("12/05/2017", "2017-12-05").replace("11/05/2017", "2017-11-05")
    read = reading(rewritten(folder, "episodes", some), limits=USUAL)
    assert report_of(read, "episodes.csv").forms == {"DECOM": "of several forms: DD/MM/YYYY alone is read"}
    assert report_of(read, "episodes.csv").outcomes[Outcome.LEFT] == 2
    most = text.replace("/05/2017", "-05-2017 00:00:01")
    with pytest.raises(SourceUnreadable, match=r"episodes\.csv: 0 of 20 rows can be used, under half"):
        reading(rewritten(folder, "episodes", most), limits=USUAL)


@pytest.mark.parametrize("form", ["%d/%m/%y", "%y-%m-%d", "%d-%b-%y", "%Y-%m", "%d/%m/%Y 14:30:00", "day %j"])
def test_a_file_whose_days_cannot_be_told_is_refused(write: Write, form: str) -> None:
    """Years of two digits, days without a day, hours: no guess, no figure, and the words say which file."""
    with pytest.raises(SourceUnreadable, match=r"(header|episodes)\.csv: 0 of [12] rows can be used") as refused:
        reading(dated(write(EPISODES), form), limits=USUAL)
    assert "2017" not in str(refused.value)
    assert refused.value.reports


# --- columns and files --------------------------------------------------------------------------------------------


def test_columns_that_may_be_blank_may_be_absent_and_that_is_said(write: Write) -> None:
    """Older returns lack some. Those without which care cannot be told may not."""
    folder = write(EPISODES + "\n2 04/04/2017 S C2 20/12/2017 E4A")
    whole = (folder / "episodes.csv").read_text()
    for lacking in (("REASON_PLACE_CHANGE",), ("URN", "PL_POST"), ("PLACE_PROVIDER", "HOME_POST"), ("URN",)):
        read = reading(rewritten(folder, "episodes", without(whole, *lacking)), limits=USUAL)
        assert periods(read.events) == [("2017-04-04", "2017-12-20", "E4A"), *TWO]
        said = {column for column in lacking if column != "HOME_POST"}  # of which nothing is told
        assert set(report_of(read, "episodes.csv").lacking) == said
    for needed in ("CHILD", "DECOM", "RNE", "LS", "PLACE", "DEC", "REC"):
        with pytest.raises(SourceUnreadable, match=f"0 columns are called {needed}"):
            reading(rewritten(folder, "episodes", without(whole, needed)))


def without(text: str, *columns: str) -> str:
    """Return a table without some columns."""
    rows = [line.split(",") for line in text.splitlines()]
    kept = [place for place, heading in enumerate(rows[0]) if heading not in columns]
    return "\n".join(",".join(row[place] for place in kept) for row in rows) + "\n"


def test_the_order_of_the_columns_makes_no_difference(write: Write) -> None:
    """Nor do columns of somebody's own."""
    folder = write(EPISODES)
    plain = reading(folder).events
    rows = [line.split(",") for line in (folder / "episodes.csv").read_text().splitlines()]
    text = "\n".join(",".join([*row[::-1], "Mabel"]) for row in rows)
    assert reading(rewritten(folder, "episodes", text)).events == plain


@pytest.mark.parametrize("content", ["", "\ufeff", "\n\n", " , ,\n"])
def test_a_blank_file_that_need_not_be_there_is_said_and_stops_nothing(write: Write, content: str) -> None:
    """An authority without missing episodes hands in nothing."""
    read = reading(write(EPISODES, missing=content), limits=USUAL)
    assert periods(read.events) == TWO
    assert report_of(read, "missing.csv").empty


def test_a_blank_file_takes_nothing_back(tmp_path: Path) -> None:
    """It says as little of an earlier return's rows as one that is not there."""
    still = "CHILD,DOB,MISSING,MIS_START,MIS_END\n1,,M,30/03/2017,\n"
    first = write_return(tmp_path / "1", "1 01/05/2016 S C2 - -", missing=still)
    second = write_return(tmp_path / "2", "1 01/05/2016 S C2 - -", missing="")
    both = in_turn((first, date(2017, 3, 31)), (second, date(2018, 3, 31)), limits=USUAL)
    assert [day for day, _ in of_type(both.events, "missing.started", "missing.ended")] == ["2017-03-30"]


NAMES = {
    "episodes.csv": ("Episodes.csv", "SSDA903_episodes_2018.csv", "2017-18 episodes.CSV", "Episodes (1).csv"),
    "header.csv": ("HEADER.csv", "SSDA903 Header 201718.csv", "header-2018.csv", "903_header.csv"),
    "sw_episodes.csv": ("SWEpisodes.csv", "SW Episodes.csv", "sw-episodes_1718.csv", "SWEpisode.csv"),
    "placed_for_adoption.csv": ("PlacedAdoption.csv", "Placed_Adoption.csv", "Placed for adoption 2018.csv"),
    "previous_permanence.csv": ("PrevPerm.csv", "PreviousPermanence.csv"),
    "oc3.csv": ("OC3.csv", "ssda903_oc3_2018.csv", "OC 3.csv"),
    "ad1.csv": ("AD1 2018.csv", "AD1.csv"),
    "missing.csv": ("Missing.csv", "SSDA903_2018_missing.csv"),
}


@pytest.mark.parametrize(("name", "called"), [(name, called) for name, all_ in NAMES.items() for called in all_])
def test_a_file_is_known_by_the_names_that_councils_give_it(write: Write, name: str, called: str) -> None:
    """In any case, with spaces, the return's name, a year, a copy's number."""
    others = {
        "sw_episodes": "CHILD,DOB,SW_ID,SW_DECOM,SW_DEC,SW_REASON\n1,,sw9,01/06/2017,,\n",
        "placed_for_adoption": "CHILD,DOB,DATE_PLACED\n1,,01/06/2017\n",
        "previous_permanence": "CHILD,DOB,PREV_PERM\n1,,Z1\n",
        "oc3": "CHILD,DOB,IN_TOUCH\n1,27/06/1999,YES\n",
        "ad1": "CHILD,DOB,DATE_INT\n1,,01/06/2017\n",
        "missing": "CHILD,DOB,MISSING,MIS_START,MIS_END\n1,,M,01/06/2017,\n",
    }
    folder = write(EPISODES, **{key: text for key, text in others.items() if f"{key}.csv" == name})
    plain = reading(folder).events
    (folder / name).rename(folder / called)
    read = reading(folder, limits=USUAL)
    assert read.events == plain
    assert read.not_read == ()


def test_a_file_that_is_not_understood_is_named(write: Write) -> None:
    """Nothing that lies there is silently dropped, save what a system hides."""
    folder = write(EPISODES, devon_reviews="CHILD,REVIEW\n1,01/06/2017\n")
    for name in ("Annex.xlsx", "README.md", ".hidden.csv", "~$header.csv"):
        (folder / name).write_text("x")
    assert [why.partition(":")[0] for why in reading(folder).not_read] == [
        "Annex.xlsx",
        "README.md",
        "devon_reviews.csv",
    ]


def test_a_file_that_would_tell_nothing_stops_nothing(write: Write) -> None:
    """Other headings in it, or no text at all: said, and the rest is read."""
    folder = write(EPISODES, uasc="ID,DUC\n1,01/09/2017\n")
    (folder / "oc2.csv").write_bytes(b"CHILD\n\xff\n")
    read = reading(folder, limits=USUAL)
    assert periods(read.events) == TWO
    assert [why.partition(":")[0] for why in read.not_read] == ["uasc.csv", "oc2.csv"]


def test_one_file_under_two_names_is_an_error(write: Write) -> None:
    """Nobody can tell which one is meant."""
    folder = write(EPISODES)
    rewritten(folder, "Episodes 2018", (folder / "episodes.csv").read_text())
    with pytest.raises(SourceUnreadable, match=r"both Episodes 2018\.csv and episodes\.csv are episodes\.csv"):
        reading(folder)


def test_what_is_there_instead_of_a_needed_file_is_named(write: Write) -> None:
    """It may be that file."""
    folder = write(EPISODES)
    (folder / "episodes.csv").rename(folder / "Devon episodes.csv")
    with pytest.raises(
        SourceUnreadable, match=r"0 files are called episodes\.csv.*not understood: Devon episodes\.csv"
    ):
        reading(folder)


def test_a_file_that_changes_while_it_is_read_is_an_error(write: Write) -> None:
    """Its rows are not where they were."""
    folder = write(EPISODES)
    read = read_all([Return(folder, date(2018, 3, 31))], "E10000008", keyed(b"not a secret, for tests"), USUAL)
    (folder / "header.csv").write_text(HEADER + "2,1,27/03/2008,,\n")
    with pytest.raises(SourceUnreadable, match=r"header\.csv: it was changed while it was read: load it again"):
        tuple(read.events)


def test_a_column_that_does_not_tell_children_apart_is_refused(write: Write) -> None:
    """Somebody blanked the numbers with one word: it would be the care of one child."""
    rows = "\n".join(f"redacted,01/05/2017,S,C2,N1,U1,PR1,,,,,,{n}" for n in range(5002))
    folder = rewritten(write(EPISODES), "episodes", f"{COLUMNS}\n{rows}\n")
    with pytest.raises(SourceUnreadable, match=r"over 5,000 rows are of one child"):
        reading(folder)


# --- refused ------------------------------------------------------------------------------------------------------


def test_a_file_of_which_under_half_can_be_used_is_refused(write: Write) -> None:
    """Half is enough. A row twice can be used; nor is a review that is planned a fault."""
    good, bad = "{} 01/05/2017 S C2 - -", "{} 01/05/2O17 S C2 - -"
    half = [good.format(n) for n in range(3)] + [bad.format(n) for n in range(3, 6)]
    planned = "CHILD,DOB,REVIEW,REVIEW_CODE\n1,,01/05/2018,PN1\n"
    assert reading(write("\n".join([*half, half[0]]), reviews=planned), limits=USUAL)
    with pytest.raises(SourceUnreadable, match=r"episodes\.csv: 3 of 7 rows can be used, under half: nothing is sent"):
        reading(write("\n".join([*half, bad.format(7)])), limits=USUAL)


def test_a_return_of_another_day_than_it_was_made_is_refused(write: Write) -> None:
    """Most of care begins after the as-of day: the day is wrong."""
    with pytest.raises(SourceUnreadable, match=r"episodes\.csv: 0 of 2 rows can be used"):
        reading(write(EPISODES), date(2017, 3, 31), USUAL)


def test_of_a_refused_return_nothing_is_written_and_the_report_says_why(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 1, one line of error, the findings before it, no file, no report that the feed is complete."""
    monkeypatch.setenv("CASEPULSE_DATA_DIR", str(tmp_path / "data"))
    folder, target = write("1 01/05/2O17 S C2 - -"), tmp_path / "out.ndjson"
    target.write_text("of yesterday\n")
    words = ["load", str(folder), "--source", "ssda903", "--authority", "E10000008", "--to", str(target)]
    done = CliRunner().invoke(main, [*words, "--as-of", "2018-03-31"])
    assert done.exit_code == 1
    assert "1  left      its first date is blank" in done.output
    assert done.output.splitlines()[-1].startswith("Error: episodes.csv: 0 of 1 rows can be used")
    assert target.read_text() == "of yesterday\n"
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_the_report_of_the_command_says_what_was_not_there_or_not_read(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forms of days, columns, blank files, files of other names."""
    monkeypatch.setenv("CASEPULSE_DATA_DIR", str(tmp_path / "data"))
    folder = dated(write(EPISODES, missing="", other="x"), "%Y-%m-%d")
    rewritten(folder, "episodes", without((folder / "episodes.csv").read_text(), "URN"))
    words = ["load", str(folder), "--source", "ssda903", "--authority", "E10000008", "--as-of", "2018-03-31"]
    done = CliRunner().invoke(main, [*words, "--to", str(tmp_path / "out.ndjson")])
    assert done.exit_code == 0, done.output
    for line in (
        "dates of DECOM: YYYY-MM-DD",
        "columns not there, taken as blank: URN",
        "missing.csv: empty, not even headings: nothing is said about it",
        "other.csv: not read, no file of a return is called that",
    ):
        assert line in done.output


def test_a_return_counts_as_it_did_before_it_was_rewritten(write: Write) -> None:
    """A child in care on the day, in whatever form the days are."""
    for form in ("%d/%m/%Y", "%Y-%m-%d", "serial"):
        assert total(store_of(reading(dated(write(EPISODES, HEADER), form)).events), "2017-12-31") == 1
