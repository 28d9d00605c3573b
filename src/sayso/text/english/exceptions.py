"""Words the dictionary lacks or has in an unusual sound, written by hand in engine symbols."""

EXCEPTIONS = {
    # Sounds people write.
    "hm": "hm", "hmm": "hmm", "mm": "m", "mmm": "mm", "shh": "ʃ", "psst": "pst", "brr": "bɹ", "brrr": "bɹ",
    "uh": "ˈʌ", "um": "ˈʌm", "huh": "hˈʌ", "ugh": "ˈʌɡ", "wow": "wˈW", "meh": "mˈɛ", "nah": "nˈɑ", "yay": "jˈA",
    "yup": "jˈʌp", "nope": "nˈOp", "haha": "hɑhˈɑ", "aha": "ɑhˈɑ", "ooh": "ˈu", "aww": "ˈɔ", "tsk": "tɪsk",
    # Accents that change the word.
    "résumé": "ɹˈɛzəmˌA", "résumés": "ɹˈɛzəmˌAz", "exposé": "ˌɛkspOzˈA", "rosé": "ɹOzˈA", "pâté": "pɑtˈA",
    # Parts joined by hyphens.
    "re": "ɹˈi", "de": "dˈi", "anti": "ˈæntI", "pre": "pɹˈi", "vs": "vˈɜɹsəs",
    # The dictionary's first sound is not the usual one.
    "ok": "ˌOkˈA", "okay": "ˌOkˈA", "often": "ˈɔfən", "either": "ˈiðəɹ", "neither": "nˈiðəɹ", "mx": "mˈɪks", "miz": "mˈɪz",
    "data": "dˈAɾə", "route": "ɹˈut", "routes": "ɹˈuts", "oh": "ˈO", "celsius": "sˈɛlsiəs", "et": "ˈɛt", "al": "ˈæl",
    "naive": "nɑˈiv", "dot": "dˈɑt", "dogs": "dˈɔɡz", "dog's": "dˈɔɡz", "po": "pˈO", "euro": "jˈʊɹO", "euros": "jˈʊɹOz",
    # Newer than the dictionary.
    "kubernetes": "kˌubəɹnˈɛɾiz", "linux": "lˈɪnəks", "github": "ɡˈɪthʌb", "nginx": "ˈɛnʤən ˈɛks", "numpy": "nˈʌmpI",
    "wikipedia": "wˌɪkəpˈidiə", "covid": "kˈOvɪd", "podcast": "pˈɑdkˌæst", "podcasts": "pˈɑdkˌæsts", "emoji": "imˈOʤi",
    "emojis": "imˈOʤiz", "selfie": "sˈɛlfi", "selfies": "sˈɛlfiz", "hashtag": "hˈæʃtˌæɡ", "blockchain": "blˈɑkʧˌAn",
    "chatbot": "ʧˈætbˌɑt", "chatbots": "ʧˈætbˌɑts", "tiktok": "tˈɪktˌɑk", "tik": "tˈɪk", "spacex": "spˈAs ˈɛks", "openai": "ˈOpᵊn ˈA ˈI", "wifi": "wˈIfˌI",
    "quinoa": "kˈinwɑ", "gif": "ɡˈɪf", "gifs": "ɡˈɪfs", "crypto": "kɹˈɪptO", "bitcoin": "bˈɪtkˌYn", "gooey": "ɡˈui", "fie": "fˈI",
    "nvidia": "ɛnvˈɪdiə", "anthropic": "ænθɹˈɑpɪk", "sayso": "sˈAsˌO", "json": "ʤˈAsɑn", "yaml": "jˈæmᵊl", "cuda": "kˈudə",
}  # fmt: skip
"""Lower-case word, accents kept -> symbols."""
