"""stub"""


def write_report(folder, run, painter, reference, found):
    return folder / "report.html"
