"""The words of the papers, from edition 1 on. They are part of what never changes.

The portal's pages say the same today; their catalogue of translations may change, this may not: a
change here is a new edition.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from compensation.statements.content import Correction, Line, Movement, Source

MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
        *("October", "November", "December"),
    ),
    "pl": (
        *("stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia"),
        *("września", "października", "listopada", "grudnia"),
    ),
}
MONTH_TITLES = {
    "en": MONTHS["en"],
    "pl": (
        *("styczeń", "luty", "marzec", "kwiecień", "maj", "czerwiec", "lipiec", "sierpień"),
        *("wrzesień", "październik", "listopad", "grudzień"),
    ),
}

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "statement": "Statement",
        "for": "For",
        "erased": "Name removed at the person’s request",
        "number": "Statement number",
        "period": "Period",
        "posted": "Posted on",
        "plan": "Plan",
        "plan_version": "Version",
        "plan_from": "in force from {day}",
        "earned": "Earned in {month}",
        "credited": "RSP credited",
        "closing_hero": "Balance at the end",
        "rank": "Paid at rank",
        "title": "Title",
        "activity": "Activity",
        "active": "active",
        "inactive": "not active",
        "personal_bv": "Personal BV",
        "group_bv": "Group BV",
        "commission": "Commission and bonuses",
        "line": "Line",
        "base": "Base",
        "rate": "Rate",
        "amount": "Amount",
        "none_money": "No commission this month",
        "none_points": "No points this month",
        "together": "{name}, together",
        "corrections": "Returns and adjustments",
        "corrections_sum": "Returns and adjustments, together",
        "more_corrections": "{count} further corrections; each is in the CSV file",
        "points": "Repeat sales points (RSP)",
        "points_sum": "RSP credited in {month}",
        "balance": "Balance",
        "opening": "On the first day",
        "of_lines": "Commission and bonuses of the month",
        "of_point_lines": "Points of the month",
        "closing": "On the last day",
        "how": "How to read this statement",
        "page": "Page {page} of {pages}",
        "people": "{count} people",
        "person": "1 person",
        "sellers": "{count} sellers",
        "seller": "1 seller",
        "orders": "{count} orders",
        "order": "1 order",
    },
    "pl": {
        "statement": "Zestawienie",
        "for": "Dla",
        "erased": "Imię i nazwisko usunięte na wniosek osoby",
        "number": "Numer zestawienia",
        "period": "Okres",
        "posted": "Zaksięgowano",
        "plan": "Plan",
        "plan_version": "Wersja",
        "plan_from": "obowiązuje od {day}",
        "earned": "Zarobione: {month}",
        "credited": "Dopisane RSP",
        "closing_hero": "Saldo na koniec",
        "rank": "Ranga płatna",
        "title": "Tytuł",
        "activity": "Aktywność",
        "active": "tak",
        "inactive": "nie",
        "personal_bv": "Osobiste BV",
        "group_bv": "Grupowe BV",
        "commission": "Prowizje i premie",
        "line": "Pozycja",
        "base": "Podstawa",
        "rate": "Stawka",
        "amount": "Kwota",
        "none_money": "Brak prowizji w tym miesiącu",
        "none_points": "Brak punktów w tym miesiącu",
        "together": "{name}, razem",
        "corrections": "Zwroty i korekty",
        "corrections_sum": "Zwroty i korekty, razem",
        "more_corrections": "Dalsze korekty: {count}; każda jest w pliku CSV",
        "points": "Punkty za sprzedaż powtarzalną (RSP)",
        "points_sum": "Dopisane RSP: {month}",
        "balance": "Saldo",
        "opening": "Pierwszego dnia",
        "of_lines": "Prowizje i premie miesiąca",
        "of_point_lines": "Punkty miesiąca",
        "closing": "Ostatniego dnia",
        "how": "Jak czytać to zestawienie",
        "page": "Strona {page} z {pages}",
        "people": "osoby: {count}",
        "person": "1 osoba",
        "sellers": "sprzedający: {count}",
        "seller": "1 sprzedający",
        "orders": "zamówienia: {count}",
        "order": "1 zamówienie",
    },
}
_HOW: dict[str, tuple[str, ...]] = {
    "en": (
        "Base × rate is the amount, rounded once for each line. The lines of a group add up to"
        " its sum, the groups to the sum of the month, to the cent.",
        "A paid level counts active people only, so it can lie deeper than the level in the tree.",
        "A posted statement is never changed. What comes back later, by a return or an"
        " adjustment, is a line of the statement of the month in which it happened.",
        "On the portal every line opens to the people and orders behind it. If a line seems"
        " wrong, say so there: a person answers.",
    ),
    "pl": (
        "Podstawa × stawka to kwota, zaokrąglona raz w każdej pozycji. Pozycje grupy dają jej"
        " sumę, a grupy sumę miesiąca, co do grosza.",
        "Poziom płatny liczy tylko aktywne osoby, więc może leżeć głębiej niż poziom w drzewie.",
        "Zaksięgowane zestawienie nigdy się nie zmienia. To, co wraca później, przez zwrot lub"
        " korektę, jest pozycją zestawienia miesiąca, w którym to nastąpiło.",
        "W portalu każda pozycja otwiera się na osoby i zamówienia, które za nią stoją. Jeśli"
        " pozycja wydaje się błędna, zgłoś to tam: odpowie człowiek.",
    ),
}
_TAX = {
    "en": "Tax: none is added to commission and none is withheld. You tax your income yourself.",
    "pl": "Podatek: do prowizji nic nie doliczamy i nic nie potrącamy. Dochód opodatkowujesz"
    " samodzielnie.",
}
"""The line on tax of edition 2; decision record 0017."""
_SOURCES: dict[str, dict[str, str]] = {
    "en": {
        "rsp_points": "RSP",
        "level_percent": "Commission",
        "retail_profit": "Retail profit",
        "every_order": "Bonus for each order",
        "first_order": "Bonus for a first order",
        "cap": "Limit {name}",
    },
    "pl": {
        "rsp_points": "RSP",
        "level_percent": "Prowizja",
        "retail_profit": "Zysk detaliczny",
        "every_order": "Premia za każde zamówienie",
        "first_order": "Premia za pierwsze zamówienie",
        "cap": "Limit {name}",
    },
}
_LINES: dict[str, dict[str, str]] = {
    "en": {
        "own_points": "RSP of your own sales",
        "own_commission": "Commission, own sales",
        "rank": "{name} for {rank}",
        "own_group": "{name}, own group",
        "generation": "{name}, generation {level}",
        "bracket": "{name}, bracket {level}",
        "level": "{name}, paid level {level}",
    },
    "pl": {
        "own_points": "RSP z własnej sprzedaży",
        "own_commission": "Prowizja, własna sprzedaż",
        "rank": "{name} za rangę {rank}",
        "own_group": "{name}, własna grupa",
        "generation": "{name}, pokolenie {level}",
        "bracket": "{name}, próg {level}",
        "level": "{name}, poziom płatny {level}",
    },
}
_RULES: dict[str, dict[str, str]] = {
    "en": {
        "rsp_points": "A sale gives its points in full to the seller and to the eligible people"
        " above, by paid level.",
        "level_percent": "A share of the {measure} at each paid level.",
        "flat_bonus": "A fixed amount for each of these orders.",
        "volume_bracket": "A percentage of the {measure} by bracket.",
        "differential": "Your own percentage less the highest one of a qualified person between"
        " you and the sale, of the {measure}.",
        "generation_percent": "A share of the {measure} of the groups of leaders below you, by"
        " generation.",
        "match": "A share of what people at your paid levels earned.",
        "quick_start": "A share of the {measure} that new people sell to customers.",
        "retail_profit": "The difference between the customer’s price and yours.",
        "rank_bonus": "Paid once for reaching the rank, for the volume of your group.",
        "pool": "A share of the company’s volume, shared out.",
        "binary_cycles": "A fixed amount for each time that both legs brought their volume.",
        "person": "The most that the plan pays to one person; what is above is cut.",
        "company": "The most that the plan pays to all together; what is above is cut.",
        "bv": "BV",
        "net": "net sales",
    },
    "pl": {
        "rsp_points": "Sprzedaż daje pełne punkty sprzedającemu i uprawnionym osobom powyżej,"
        " według poziomów płatnych.",
        "level_percent": "Część {measure} z każdego poziomu płatnego.",
        "flat_bonus": "Stała kwota za każde z tych zamówień.",
        "volume_bracket": "Procent {measure} według progu.",
        "differential": "Twój procent pomniejszony o najwyższy procent uprawnionej osoby między"
        " Tobą a sprzedażą, od {measure}.",
        "generation_percent": "Część {measure} grup liderów pod Tobą, według pokoleń.",
        "match": "Część tego, co zarobiły osoby na Twoich poziomach płatnych.",
        "quick_start": "Część {measure}, które nowe osoby przyniosły od klientów.",
        "retail_profit": "Różnica między ceną klienta a Twoją.",
        "rank_bonus": "Wypłacane raz za osiągnięcie rangi, za obrót Twojej grupy.",
        "pool": "Część obrotu firmy, rozdzielona.",
        "binary_cycles": "Stała kwota za każdym razem, gdy obie nogi przyniosły swój obrót.",
        "person": "Najwięcej, ile plan płaci jednej osobie; nadwyżka jest odcinana.",
        "company": "Najwięcej, ile plan płaci wszystkim razem; nadwyżka jest odcinana.",
        "bv": "BV",
        "net": "sprzedaży netto",
    },
}
_CORRECTIONS: dict[str, dict[str, str]] = {
    "en": {
        "reversal": "Return of order {reference}",
        "reversal_note": "sold {sold}, taken back {day}",
        "adjustment": "Adjustment of {day}",
        "conversion": "Points turned into cash, {day}",
        "conversion_bv": "Points turned into BV, {day}",
        "expiry": "Points turned into cash at their expiry, {day}",
        "reserve": "Payout, {day}",
        "release": "Payout that came back, {day}",
        "more": "Further movements: {count}",
    },
    "pl": {
        "reversal": "Zwrot zamówienia {reference}",
        "reversal_note": "sprzedano {sold}, zwrócono {day}",
        "adjustment": "Korekta, {day}",
        "conversion": "Punkty zamienione na pieniądze, {day}",
        "conversion_bv": "Punkty zamienione na BV, {day}",
        "expiry": "Punkty zamienione na pieniądze po terminie, {day}",
        "reserve": "Wypłata, {day}",
        "release": "Wypłata, która wróciła, {day}",
        "more": "Dalsze ruchy: {count}",
    },
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language."""

    language: str

    def say(self, key: str, **values: object) -> str:
        """Return a text of the paper's form."""
        return _WORDS[self.language][key].format(**values)

    def how_to_read(self) -> tuple[str, ...]:
        """Return the paragraphs that say how to read the paper."""
        return _HOW[self.language]

    def tax(self) -> str:
        """Return the line on tax, from edition 2 on."""
        return _TAX[self.language]

    def day(self, on: date) -> str:
        """Return a date: 4 March 2017, 4 marca 2017."""
        return f"{on.day} {MONTHS[self.language][on.month - 1]} {on.year}"

    def month(self, on: date) -> str:
        """Return a month: March 2017, marzec 2017."""
        return f"{MONTH_TITLES[self.language][on.month - 1]} {on.year}"

    def span(self, first: date, last: date) -> str:
        """Return the days of a month: 1–31 March 2017."""
        return f"{first.day}–{self.day(last)}"

    def source_name(self, source: Source) -> str:
        """Return the name of a component or a limit."""
        words = _SOURCES[self.language]
        plain = source.id.replace("_", " ")
        if source.kind == "flat_bonus":
            return words["every_order" if source.every_order else "first_order"]
        if source.kind == "cap":
            return words["cap"].format(name=plain)
        return words.get(source.kind) or plain.capitalize()

    def line_name(self, line: Line) -> str:
        """Return the name of a line."""
        words, kind = _LINES[self.language], line.source.kind
        values = {
            "name": self.source_name(line.source),
            "level": line.level,
            "rank": line.rank,
        }
        own = {"rsp_points": "own_points", "level_percent": "own_commission"}
        own["generation_percent"] = "own_group"
        if kind in ("rank_bonus", "volume_bracket"):
            return words["rank" if kind == "rank_bonus" else "bracket"].format(**values)
        if line.level == 0:
            return words[own[kind]].format(**values) if kind in own else str(values["name"])
        named = "generation" if kind == "generation_percent" else "level"
        return words[named].format(**values)

    def rule(self, source: Source) -> str:
        """Return the rule of a component or a limit in one sentence."""
        words = _RULES[self.language]
        if source.kind == "cap":
            return words.get(source.scope, "")
        measure = words["net" if source.on == "net" else "bv"]
        return words.get(source.kind, "").format(measure=measure)

    def behind(self, line: Line) -> str:
        """Return how many people and orders stand behind a line."""
        if not line.members or line.source.kind == "cap":
            return ""
        if line.source.kind == "match":
            return self._count("person", "people", line.members)
        sellers = self._count("seller", "sellers", line.members)
        if not line.sales:
            return sellers
        return f"{sellers}, {self._count('order', 'orders', line.sales)}"

    def _count(self, one: str, many: str, number: int) -> str:
        return self.say(one) if number == 1 else self.say(many, count=number)

    def correction(self, one: Correction) -> tuple[str, str]:
        """Return what a correction is, and its dates or reason."""
        words = _CORRECTIONS[self.language]
        day = self.day(one.on)
        if one.kind == "reversal":
            sold = self.day(one.sold_on) if one.sold_on else ""
            note = words["reversal_note"].format(sold=sold, day=day) if sold else day
            return words["reversal"].format(reference=one.reference), note
        return words["adjustment"].format(day=day), one.reason

    def movement(self, one: Movement) -> str:
        """Return what else moved a balance."""
        kind = "conversion_bv" if one.kind == "conversion" and not one.money else one.kind
        return _CORRECTIONS[self.language][kind].format(day=self.day(one.on))

    def more_movements(self, count: int) -> str:
        """Return how many movements are not told one by one."""
        return _CORRECTIONS[self.language]["more"].format(count=count)


def words_of(language: str) -> Words:
    """Return the words of a language, English for any that the papers don't speak."""
    plain = language.split("-")[0]
    return Words(plain if plain in _WORDS else "en")
