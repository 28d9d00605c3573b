"""Short written forms that stand for words, and capitals that are said as a word or letter by letter."""

from __future__ import annotations

from sayso.text.english.wordset import wordset

TITLES = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "mx": "mix", "dr": "doctor", "prof": "professor", "rev": "reverend",
    "hon": "honorable", "gen": "general", "col": "colonel", "maj": "major", "lt": "lieutenant", "sgt": "sergeant",
    "capt": "captain", "cpt": "captain", "cmdr": "commander", "cpl": "corporal", "pvt": "private", "adm": "admiral",
    "sen": "senator", "rep": "representative", "gov": "governor", "pres": "president", "st": "saint",
    "mme": "madame", "mlle": "mademoiselle", "msgr": "monsignor", "drs": "doctors", "supt": "superintendent", "messrs": "messieurs", "fr": "father", "sr": "senior", "jr": "junior",
}  # fmt: skip
"""Spoken before a name; their dot never ends a sentence (but for sr and jr)."""

WORDS = {
    "incl": "including", "excl": "excluding", "vs": "versus", "etc": "et cetera", "approx": "approximately", "dept": "department", "est": "established",
    "vol": "volume", "vols": "volumes", "fig": "figure", "figs": "figures", "inc": "incorporated", "ltd": "limited",
    "corp": "corporation", "co": "company", "bros": "brothers", "ave": "avenue", "blvd": "boulevard", "rd": "road",
    "ln": "lane", "hwy": "highway", "mt": "mount", "apt": "apartment", "ste": "suite", "bldg": "building",
    "tel": "telephone", "ext": "extension", "misc": "miscellaneous", "govt": "government", "assn": "association",
    "intl": "international", "natl": "national", "univ": "university", "min": "minimum", "max": "maximum", "avg": "average",
    "temp": "temperature", "ed": "edition", "eds": "editors", "trans": "translated", "cf": "compare", "al": "al",
    "ca": "circa", "viz": "namely", "esq": "esquire", "pp": "pages", "chap": "chapter", "sec": "section", "eq": "equation",
    "jan": "january", "feb": "february", "mar": "march", "apr": "april", "jun": "june", "jul": "july", "aug": "august",
    "sep": "september", "sept": "september", "oct": "october", "nov": "november", "dec": "december",
    "mon": "monday", "tue": "tuesday", "tues": "tuesday", "wed": "wednesday", "thu": "thursday", "thur": "thursday",
    "thurs": "thursday", "fri": "friday", "sat": "saturday", "sun": "sunday", "no": "number", "nos": "numbers",
    "rm": "room", "rte": "route", "mts": "mountains", "pkwy": "parkway", "sq": "square", "ft": "feet", "hrs": "hours", "hr": "hour", "mins": "minutes", "secs": "seconds", "yrs": "years",
    "lbs": "pounds", "lb": "pounds", "oz": "ounces", "wk": "week", "wks": "weeks", "mo": "months",
}  # fmt: skip
"""Spoken for the short form with a dot."""

WITHOUT_DOT = wordset(
    "mr mrs ms dr prof sgt lt capt vs etc approx dept blvd ave hwy govt intl bldg misc sr jr"
)
"""Those that are often written without their dot."""

PHRASES = {
    "e.g.": "for example", "i.e.": "that is", "a.k.a.": "A K A", "et al.": "et al", "w/o": "without", "w/": "with",
    "b/c": "because", "n/a": "not applicable", "N/A": "not applicable", "c/o": "care of", "24/7": "twenty four seven",
    "9/11": "nine eleven", "AC/DC": "A C D C", "Ph.D.": "P H D", "PhD": "P H D", "Ph.D": "P H D", "PhDs": "P H D's",
    "R&D": "R and D", "Q&A": "Q and A", "A&E": "A and E", "AT&T": "A T and T", "B&B": "B and B", "M&A": "M and A",
    "P&L": "P and L", "C++": "C plus plus", "C#": "C sharp", "F#": "F sharp", ".NET": "dot net", "Wi-Fi": "why fie",
    "WiFi": "why fie", "wifi": "why fie", "wi-fi": "why fie", "eBay": "ee bay", "OK": "okay", "Ok": "okay", "ok": "okay",
    "iOS": "I O S", "macOS": "mac O S", "MySQL": "my S Q L", "NoSQL": "no S Q L", "LaTeX": "lay tech", "vs": "versus",
    "CO2": "C O two", "SO2": "S O two", "SO3": "S O three", "NO2": "N O two", "H2O": "H two O", "O2": "O two", "BSc": "B S C", "MSc": "M S C", "DJs": "D jays", "DJ": "D jay",
    "a.m.": "A M", "p.m.": "P M", "A.M.": "A M", "P.M.": "P M", "U.S.": "U S", "U.K.": "U K", "U.S.A.": "U S A",
    "B.C.": "B C", "A.D.": "A D", "D.C.": "D C", "YouTube": "you tube", "GitHub": "git hub", "kWh": "kilowatt hours",
    "WWII": "world war two", "WWI": "world war one", "WW2": "world war two", "WW1": "world war one", "iMac": "eye mac", "IoT": "I O T", "VoIP": "voip",
    "SaaS": "sass", "PyTorch": "pie torch", "PostgreSQL": "post gress Q L", "NaCl": "N A C L", "SARS-CoV-2": "sars co V two",
    "E=mc²": "E equals M C squared", "!=": "is not equal to", "==": "equals", "===": "equals", "!==": "is not equal to", "<=": "is at most", ">=": "is at least",
    "gov't": "government", "Gov't": "government", "int'l": "international", "Int'l": "international", "IPv4": "I P V four", "IPv6": "I P V six", "pH": "P H", "dB": "decibels", "GmbH": "G M B H",
    "+/-": "plus or minus", "y/y": "year over year", "q/q": "quarter over quarter", "->": "to", "=>": "to", "fl. oz.": "fluid ounces", "cu. ft.": "cubic feet", "sq. ft.": "square feet",
    "JPEG": "jay peg", "MPEG": "em peg", "SQL": "sequel", "GUI": "gooey", "MS-DOS": "M S doss",
}  # fmt: skip
"""Written form, exactly -> words."""

SAID_AS_WORDS = wordset(
    "NASA NATO UNESCO UNICEF OPEC ASCII AIDS RAM ROM PIN SIM LAN WAN GIF JPEG LASER RADAR SONAR SCUBA FIFA UEFA "
    "NASDAQ COVID SARS MERS SWAT CAPTCHA DOS BIOS ASAP YOLO OSHA HIPAA FEMA NAFTA POTUS SCOTUS ZIP CAD NORAD INTERPOL "
    "JSON YAML CRUD REST SOAP AJAX BASIC COBOL LISP TED MOMA SOHO NOAA DARPA VAT MIDI WASP NIMBY RAID SAAS GAAP "
    "CERN LIDAR NIKE IKEA LEGO VISA HULU SPAM FOMO ROFL MAGA SPARQL NUMA CUDA"
)
"""Capitals that are said as a word."""

SAID_AS_LETTERS = wordset(
    "ISBN SSN FBI CIA USA UK EU UN US HTML HTTP HTTPS CSS FTP SSH DNS URL URI API CPU GPU TPU USB HDMI LED LCD DVD CD TV PC "
    "IBM AMD HP BBC CNN NBC ABC CBS ESPN HBO MTV NFL NBA NHL MLB NCAA UFC MIT UCLA NYU USC PHP XML PDF PNG SVG CSV IT ID "
    "AI ML NLP TTS ASR LLM GPT CEO CFO CTO COO HR PR VIP FAQ DIY RSVP ATM GPS SUV DNA RNA HIV MRI CT ICU ER IQ EQ PS AM "
    "PM AD BC BCE CE EST PST CST MST GMT UTC ETA FYI BTW IMO TBD TBA LOL OMG WTF IRS DMV NYPD LAPD NSA EPA FDA CDC WHO IMF "
    "WTO GDP APR IPO ROI KPI LLC DC LA NY UAE USSR KGB OS UI UX VPN SMS SSD HDD IP TCP UDP JVM JS TS IDE SDK CLI BA MA PHD "
    "MBA GED SAT ACT GRE LSAT MCAT PTA NGO LGBT BBQ CCTV DOA POW BMW KFC UPS DHL ISP ISS ESA"
)
"""Capitals that are said letter by letter though some also spell a word."""

SHORT_WORDS = wordset(
    "A I AN AS AT BE BY DO GO HE IF IN IS IT ME MY NO OF ON OR SO TO UP WE AM OH OK HI THE AND FOR NOT YOU ALL ANY CAN HAD HAS "
    "HER HIM HIS HOW ITS MAY NEW NOW OLD ONE OUR OUT OWN SEE SHE TWO WAS WAY WHY WIN YES YET BIG BAD BOY BUT BUY DAY DID EAT "
    "END FAR FEW FUN GET GOD GOT GUN HOT JOB LET LIE LOT LOW MAD MAN MEN MOM DAD OFF PAY PUT RED RUN SAD SAY SET SIT SIX TEN "
    "TOO TOP TRY USE WAR WET WHO YEP AGO AIR ART BAG BED BOX CAR CAT CUT DOG DRY EAR EGG EYE FAT FIX FLY HEY HIT KEY KID LAW LEG "
    "NET NOR ODD OIL PEN PET RAW ROW SEA SKY SON SUN TAX TEA TIE TIP TOY VAN WOW ARE"
)
"""Two- and three-letter words that are words even when someone shouts them."""

MONTHS = {
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9,
    "october": 10, "november": 11, "december": 12,
}  # fmt: skip

CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"), "US$": ("U S dollar", "U S dollars", "cent", "cents"),
    "C$": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "HK$": ("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"), "NZ$": ("New Zealand dollar", "New Zealand dollars", "cent", "cents"),
    "S$": ("Singapore dollar", "Singapore dollars", "cent", "cents"), "R$": ("real", "reals", "centavo", "centavos"),
    "A$": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"), "€": ("euro", "euros", "cent", "cents"),
    "¢": ("cent", "cents", "", ""), "¥": ("yen", "yen", "sen", "sen"), "₹": ("rupee", "rupees", "paisa", "paise"), "₩": ("won", "won", "jeon", "jeon"),
    "₽": ("ruble", "rubles", "kopeck", "kopecks"), "₿": ("bitcoin", "bitcoins", "satoshi", "satoshis"),
    "₺": ("lira", "lira", "kurush", "kurush"), "₫": ("dong", "dong", "xu", "xu"), "₪": ("shekel", "shekels", "agora", "agorot"),
}  # fmt: skip
"""Sign -> one, many, one hundredth, many hundredths."""

CURRENCY_CODES = {
    "USD": ("U S dollar", "U S dollars"), "EUR": ("euro", "euros"), "GBP": ("British pound", "British pounds"),
    "JPY": ("yen", "yen"), "CAD": ("Canadian dollar", "Canadian dollars"), "CHF": ("Swiss franc", "Swiss francs"),
    "AUD": ("Australian dollar", "Australian dollars"), "CNY": ("yuan", "yuan"), "INR": ("rupee", "rupees"),
}  # fmt: skip

SCALES = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "mm": "million", "b": "billion",
    "B": "billion", "bn": "billion", "T": "trillion", "tn": "trillion", "trn": "trillion",
    "thousand": "thousand", "million": "million", "billion": "billion", "trillion": "trillion", "hundred": "hundred",
}  # fmt: skip

UNITS: dict[str, str | tuple[str, str]] = {
    "km": "kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter", "nm": "nanometer", "μm": "micrometer",
    "mi": "mile", "yd": "yard", "ft": ("foot", "feet"), "in": ("inch", "inches"), "kg": "kilogram", "g": "gram",
    "mg": "milligram", "μg": "microgram", "lb": "pound", "lbs": "pound", "oz": "ounce", "l": "liter", "L": "liter",
    "ml": "milliliter", "mL": "milliliter", "gal": "gallon", "s": "second", "sec": "second", "secs": "second",
    "ms": "millisecond", "μs": "microsecond", "ns": "nanosecond", "min": "minute", "mins": "minute", "h": "hour",
    "hr": "hour", "hrs": "hour", "Hz": ("hertz", "hertz"), "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"), "GHz": ("gigahertz", "gigahertz"), "kB": "kilobyte",
    "KB": "kilobyte", "MB": "megabyte", "GB": "gigabyte", "TB": "terabyte", "PB": "petabyte", "MiB": "mebibyte",
    "GiB": "gibibyte", "kbps": ("kilobit per second", "kilobits per second"),
    "Mbps": ("megabit per second", "megabits per second"), "Gbps": ("gigabit per second", "gigabits per second"),
    "W": "watt", "kW": "kilowatt", "MW": "megawatt", "GW": "gigawatt", "kWh": "kilowatt hour", "Wh": "watt hour",
    "V": "volt", "kV": "kilovolt", "mV": "millivolt", "mA": "milliamp", "mAh": "milliamp hour", "Ω": "ohm",
    "dB": "decibel", "px": "pixel", "fps": ("frame per second", "frames per second"),
    "rpm": ("revolution per minute", "revolutions per minute"), "bpm": ("beat per minute", "beats per minute"),
    "mph": ("mile per hour", "miles per hour"), "km/h": ("kilometer per hour", "kilometers per hour"),
    "kph": ("kilometer per hour", "kilometers per hour"), "m/s": ("meter per second", "meters per second"),
    "Pa": "pascal", "kPa": "kilopascal", "J": "joule", "kJ": "kilojoule", "cal": "calorie", "kcal": "kilocalorie",
    "°C": ("degree Celsius", "degrees Celsius"), "°F": ("degree Fahrenheit", "degrees Fahrenheit"), "°": "degree",
    "ft²": ("square foot", "square feet"), "ft³": ("cubic foot", "cubic feet"), "in²": ("square inch", "square inches"),
    "in³": ("cubic inch", "cubic inches"), "mi²": "square mile", "yd²": "square yard", "mm²": "square millimeter",
    "mm³": "cubic millimeter", "kΩ": "kilohm", "MΩ": "megohm", "mΩ": "milliohm", "μΩ": "microohm", "μA": "microamp",
    "μV": "microvolt", "μL": "microliter", "μl": "microliter", "μF": "microfarad",
    "m²": ("square meter", "square meters"), "km²": ("square kilometer", "square kilometers"),
    "m2": ("square meter", "square meters"), "km2": ("square kilometer", "square kilometers"),
    "cm²": ("square centimeter", "square centimeters"), "m³": ("cubic meter", "cubic meters"),
    "cm³": ("cubic centimeter", "cubic centimeters"), "sq ft": ("square foot", "square feet"),
    "sq mi": ("square mile", "square miles"), "ha": "hectare", "dpi": ("dot per inch", "dots per inch"),
    "MP": "megapixel", "cc": "C C", "pt": "point", "psi": "P S I", "hp": ("horsepower", "horsepower"),
    "wk": "week", "wks": "week", "yr": "year", "yrs": "year", "mo": "month", "mos": "month", "qt": "quart", "dL": "deciliter",
    "mpg": ("mile per gallon", "miles per gallon"), "fl oz": "fluid ounce", "fl. oz.": "fluid ounce", "cu ft": ("cubic foot", "cubic feet"),
    "cu. ft.": ("cubic foot", "cubic feet"), "sq. ft.": ("square foot", "square feet"), "sq m": "square meter",
    "sq km": "square kilometer", "m/s²": ("meter per second squared", "meters per second squared"),
    "mmHg": ("millimeter of mercury", "millimeters of mercury"), "ppm": ("part per million", "parts per million"),
    "Gb": "gigabit", "Mb": "megabit", "kN": "kilonewton", "tbsp": "tablespoon", "Tbsp": "tablespoon", "sqm": "square meter", "sqft": ("square foot", "square feet"), "tsp": "teaspoon",
}  # fmt: skip
"""Unit -> its singular, or singular and plural where an s at the end is not enough."""


def unit(written: str) -> tuple[str, str]:
    """Singular and plural of a unit of `UNITS`."""
    name = UNITS[written]
    return (name, name + "s") if isinstance(name, str) else name


LETTERS_OF_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "θ": "theta", "λ": "lambda", "μ": "mu",
    "π": "pi", "ρ": "row", "σ": "sigma", "τ": "tau", "φ": "phi", "χ": "kai", "ψ": "sigh", "ω": "omega", "ζ": "zeta",
    "η": "eta", "ι": "iota", "κ": "kappa", "ν": "new", "ξ": "zai", "ο": "omicron", "υ": "upsilon",
}  # fmt: skip
LETTERS_OF_GREEK |= {letter.upper(): name for letter, name in LETTERS_OF_GREEK.items()} | {"ς": "sigma"}
"""Greek letters as in a formula are read by their names."""
MOST_LETTERS_OF_GREEK = 2
"""More in a row are a word of Greek."""

ELEMENTS = wordset(
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru "
    "Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn "
    "Fr Ra Ac Th Pa U Np Pu"
)
"""Of chemistry; in a formula they are spelled."""

ROMAN_AFTER = wordset(
    "chapter part act scene volume vol section phase type book article title class stage appendix episode grade level round war "
    "bowl figure table mark category tier schedule division"
)
"""A Roman numeral after these counts: Chapter IV -> chapter four."""

REGNAL = wordset(
    "henry louis george edward elizabeth charles james william richard john paul pius benedict francis gregory leo philip alexander "
    "nicholas catherine frederick napoleon peter ivan mary victoria clement innocent urban otto leopold albert ferdinand ramses "
    "ramesses thutmose cleopatra ptolemy xerxes darius constantine justinian edmund harald haakon christian carl gustav wilhelm "
    "franz joseph sixtus boniface alfonso pedro manuel juan felipe"
)
"""A Roman numeral after these names ranks: Henry VIII -> Henry the eighth."""
