"""Fictional people for the demo company: Polish and English first and last names."""

FIRST_NAMES_FEMALE = (
    "Agnieszka", "Alice", "Aleksandra", "Amelia", "Anna", "Barbara", "Beata", "Bożena",
    "Charlotte", "Dorota", "Edyta", "Eleanor", "Elżbieta", "Emily", "Ewa", "Florence",
    "Grace", "Grażyna", "Halina", "Hannah", "Isabel", "Iwona", "Jadwiga", "Jessica", "Joanna",
    "Justyna", "Katarzyna", "Kinga", "Laura", "Łucja", "Małgorzata", "Martha", "Monika",
    "Natalia", "Olivia", "Patrycja", "Rebecca", "Renata", "Sophie", "Sylwia", "Urszula",
    "Victoria", "Weronika", "Zofia", "Żaneta",
)  # fmt: skip
FIRST_NAMES_MALE = (
    "Adam", "Adrian", "Andrzej", "Arthur", "Bartosz", "Benjamin", "Bogdan", "Charles",
    "Daniel", "Dawid", "Edward", "Filip", "Frederick", "George", "Grzegorz", "Henry", "Hubert",
    "Jacek", "Jakub", "James", "Jan", "Kamil", "Krzysztof", "Łukasz", "Maciej", "Marcin",
    "Mateusz", "Michał", "Nathan", "Oliver", "Paweł", "Piotr", "Radosław", "Robert", "Samuel",
    "Sławomir", "Stanisław", "Szymon", "Thomas", "Tomasz", "Walter", "William", "Wojciech",
    "Zbigniew",
)  # fmt: skip
#: Female form, male form.
LAST_NAMES = (
    ("Adamska", "Adamski"), ("Ashworth", "Ashworth"), ("Baranowska", "Baranowski"),
    ("Barlow", "Barlow"), ("Bąk", "Bąk"), ("Bennett", "Bennett"), ("Błaszczyk", "Błaszczyk"),
    ("Brzezińska", "Brzeziński"), ("Calloway", "Calloway"), ("Chmielewska", "Chmielewski"),
    ("Cieślak", "Cieślak"), ("Czarnecka", "Czarnecki"), ("Dąbrowska", "Dąbrowski"),
    ("Ellison", "Ellison"), ("Fairbank", "Fairbank"), ("Gajewska", "Gajewski"),
    ("Głowacka", "Głowacki"), ("Górska", "Górski"), ("Greenwood", "Greenwood"),
    ("Hartley", "Hartley"), ("Holloway", "Holloway"), ("Jabłońska", "Jabłoński"),
    ("Jankowska", "Jankowski"), ("Kaczmarek", "Kaczmarek"), ("Kendrick", "Kendrick"),
    ("Kowalczyk", "Kowalczyk"), ("Kozłowska", "Kozłowski"), ("Krawczyk", "Krawczyk"),
    ("Kubiak", "Kubiak"), ("Lancaster", "Lancaster"), ("Lewandowska", "Lewandowski"),
    ("Lis", "Lis"), ("Maciejewska", "Maciejewski"), ("Malinowska", "Malinowski"),
    ("Merriman", "Merriman"), ("Michalska", "Michalski"), ("Mróz", "Mróz"),
    ("Nowakowska", "Nowakowski"), ("Olszewska", "Olszewski"), ("Ostrowska", "Ostrowski"),
    ("Pawlak", "Pawlak"), ("Pemberton", "Pemberton"), ("Piekarska", "Piekarski"),
    ("Prescott", "Prescott"), ("Quigley", "Quigley"), ("Radcliffe", "Radcliffe"),
    ("Rutkowska", "Rutkowski"), ("Sadowska", "Sadowski"), ("Sheridan", "Sheridan"),
    ("Sikora", "Sikora"), ("Sobczak", "Sobczak"), ("Stachura", "Stachura"),
    ("Szczepańska", "Szczepański"), ("Szewczyk", "Szewczyk"), ("Śliwińska", "Śliwiński"),
    ("Tomaszewska", "Tomaszewski"), ("Thornton", "Thornton"), ("Urbańska", "Urbański"),
    ("Wadsworth", "Wadsworth"), ("Walczak", "Walczak"), ("Whitaker", "Whitaker"),
    ("Wieczorek", "Wieczorek"), ("Wróblewska", "Wróblewski"), ("Zając", "Zając"),
    ("Zalewska", "Zalewski"), ("Zielińska", "Zieliński"), ("Żak", "Żak"),
)  # fmt: skip
