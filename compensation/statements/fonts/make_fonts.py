"""Make the fonts of the statements from the vendored Inter: ``python -m`` this module.

Two static weights of the variable font, with the figures of one width and the letter forms that
the portal uses in place of the plain ones, since PDF knows no font features. Needs brotli, a
requirement of development; the result is checked in. The same input gives the same bytes.
"""

from __future__ import annotations

from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

FOLDER = Path(__file__).parent
SOURCE = FOLDER.parents[2] / "static/vendor/inter-4.1.1/inter-latin-polish.woff2"
WEIGHTS = {"regular": 420, "strong": 640}  # as --pn-weight-normal and --pn-weight-strong
# What a feature is taken for: figures of one width, but hyphens as they are in running text.
FEATURES: dict[str, str | None] = {"tnum": "0123456789", "cv11": None, "ss03": None}


def single_substitutions(font: TTFont, feature: str) -> dict[str, str]:
    """Return glyph → glyph of a feature's single substitutions."""
    table = font["GSUB"].table
    lookups = {
        index
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == feature
        for index in record.Feature.LookupListIndex
    }
    found: dict[str, str] = {}
    for index in sorted(lookups):
        for one in table.LookupList.Lookup[index].SubTable:
            found |= getattr(one, "ExtSubTable", one).mapping
    return found


def make(name: str, weight: int, folder: Path = FOLDER) -> None:
    """Write one static weight."""
    font = instantiateVariableFont(TTFont(SOURCE, recalcTimestamp=False), {"wght": weight})
    font.flavor = None
    for feature, of in FEATURES.items():
        other = single_substitutions(font, feature)
        for table in font["cmap"].tables:
            table.cmap = {
                code: other.get(glyph, glyph) if of is None or chr(code) in of else glyph
                for code, glyph in table.cmap.items()
            }
    options = Options()
    options.layout_features = []
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "STAT", "MVAR", "HVAR", "avar", "DSIG"]
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=sorted(font.getBestCmap()))
    subsetter.subset(font)
    font.save(folder / f"inter-{name}.ttf")


if __name__ == "__main__":
    for one, wanted in WEIGHTS.items():
        make(one, wanted)
