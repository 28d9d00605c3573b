"""Sentences that are nearly the statement: for each language what is changed, and why it must not pass.

`find -> put` is applied to the right sentence; `find` "" puts before it, "$" behind it. Every entry must be
"refused" or "review", never accepted; `code` is among the reasons.
"""

from __future__ import annotations

from typing import NamedTuple


class NearMiss(NamedTuple):
    """One change."""

    language: str
    find: str
    put: str
    code: str


_TABLES = {
    "en": """
I am aware => I am not aware => words_negated
I am aware => I'm not aware => words_negated
I am aware => I am unaware => words_negated
I am aware => I am un aware => words_negated
I am aware => I am never aware => words_negated
I am aware => I am no longer aware => words_negated
I am aware => I am hardly aware => words_negated
I am aware => I ain't aware => words_negated
I am aware => I was aware => words_doubtful
I am aware => I was not aware => words_negated
I am aware => I am perhaps aware => words_doubtful
I am aware => I am supposedly aware => words_doubtful
I am aware => I may be aware => words_doubtful
I am aware => If I am aware => words_doubtful
I am aware => If I were aware => words_doubtful
I am aware => Unless I am aware => words_negated
I am aware => As if I am aware => words_doubtful
I am aware => I would be aware => words_doubtful
I am aware => I must be aware => words_doubtful
I am aware => Nobody is aware => words_negated
I am aware => He is aware => not_first_person
I am aware => She is aware => not_first_person
I am aware => They are aware => not_first_person
I am aware => We are aware => not_first_person
I am aware => You are aware => not_first_person
I am aware => Anna is aware => not_first_person
I am aware => My mother is aware => not_first_person
I am aware => Everybody is aware => not_first_person
I am aware => Am I aware => words_question
I am aware => Are you aware => words_question
I am aware => Is he aware => not_first_person
I am aware => Why am I aware => words_question
I am aware => I deny => words_negated
I am aware => I refuse => words_negated
I am aware => I am against it => words_negated
I am aware => I am ignorant => words_negated
I am aware that => => words_missing
I am aware that recordings of my voice => => words_missing
that recordings of my voice => => words_missing
that recordings of my voice will be used by => => words_missing
will be used by Acme Robotics => => words_missing
by Acme Robotics => => words_missing
to train and create => => words_missing
to train and create a synthetic version of my voice => => words_missing
a synthetic version of my voice => => words_missing
by Sayso => => words_cut_off
a synthetic version of my voice by Sayso => => words_cut_off
to train and create a synthetic version of my voice by Sayso => => words_cut_off
will be used by Acme Robotics to train and create a synthetic version of my voice by Sayso => => words_cut_off
recordings of my voice => recordings of his voice => not_first_person
recordings of my voice => recordings of her voice => not_first_person
recordings of my voice => recordings of your voice => not_first_person
recordings of my voice => recordings of our voices => not_first_person
recordings of my voice => recordings of another voice => not_first_person
recordings of my voice => recordings of a voice => words_unclear
recordings of my voice => recordings of my choice => words_unclear
recordings of my voice => pictures of my voice => words_unclear
recordings of my voice => no recordings of my voice => words_negated
recordings of my voice => only recordings of my voice => words_doubtful
version of my voice => version of his voice => not_first_person
version of my voice => version of their voice => not_first_person
version of my voice => version of the dog => words_unclear
will be => will not be => words_negated
will be => won't be => words_negated
will be => will never be => words_negated
will be => cannot be => words_negated
will be => would be => words_doubtful
will be => could be => words_doubtful
will be => might be => words_doubtful
will be => should be => words_doubtful
will be => must not be => words_negated
will be => are not => words_negated
will be used => will be deleted => words_negated
will be used => will be misused => words_negated
will be used => will be unused => words_negated
will be used => will be refused => words_negated
will be used => will be played => words_unclear
by Acme Robotics => by Globex => wrong_company
by Acme Robotics => by Initech Software => wrong_company
by Acme Robotics => by Umbrella Research => wrong_company
by Acme Robotics => by nobody => words_negated
by Acme Robotics => by someone else => not_first_person
by Acme Robotics => without Acme Robotics => words_negated
by Acme Robotics => not by Acme Robotics => words_negated
by Acme Robotics => by Acme Robotics and Globex => words_unclear
by Acme Robotics => against Acme Robotics => words_negated
to train and create => not to train and create => words_negated
to train and create => to train but not create => words_negated
to train and create => to avoid => words_negated
to train and create => to prevent and stop => words_negated
to train and create => to delete => words_negated
train and create => train => words_unclear
train and create => create => words_unclear
train and create => criticise and remove => words_missing
synthetic version => non-synthetic version => words_negated
synthetic version => natural version => words_unclear
synthetic version => version => words_unclear
by Sayso => by Voicely => wrong_platform
by Sayso => by Eleven Labs => wrong_platform
by Sayso => by Microsoft => wrong_platform
by Sayso => by Sayso and by Globex => words_beside
by Sayso => by Sayso never => words_negated
by Sayso => by nobody => words_negated
 => I was told to say => words_doubtful
 => I was asked to read this. => words_doubtful
 => It is not true that => words_negated
 => He says => not_first_person
 => My boss says => words_doubtful
 => Please do not believe => words_negated
 => Imagine => words_doubtful
 => The sentence reads => words_doubtful
 => I would never say => words_negated
 => This is only a joke. => words_doubtful
 => I forbid that => words_negated
 => Purple monkeys. => words_beside
$ => But I do not agree. => words_negated
$ => Not. => words_negated
$ => Just kidding. => words_doubtful
$ => I take that back, it is untrue. => words_doubtful
$ => That is a lie. => words_doubtful
$ => I withdraw my consent. => words_negated
$ => He told me to say that. => words_doubtful
$ => Only if they pay me. => words_doubtful
$ => The weather is nice today. => words_beside
$ => Isn't it? => words_negated
Acme Robotics to => Acme Robotics in the town where I live and work with friends to => words_mixed
recordings of my voice will => recordings of the sea on the radio in summer and my voice will => words_mixed
""",
    "es": """
Soy consciente => No soy consciente => words_negated
Soy consciente => Soy inconsciente => words_negated
Soy consciente => Nunca soy consciente => words_negated
Soy consciente => Ya no soy consciente => words_negated
Soy consciente => Él es consciente => not_first_person
Soy consciente => Ella es consciente => not_first_person
Soy consciente => Somos conscientes => not_first_person
Soy consciente => Si soy consciente => words_doubtful
Soy consciente => Quizás soy consciente => words_doubtful
Soy consciente => Eres consciente => not_first_person
Soy consciente de que => => words_missing
Soy consciente => Me opongo => words_negated
Soy consciente => Ignoro => words_negated
de mi voz serán => de su voz serán => not_first_person
de mi voz serán => de tu voz serán => not_first_person
serán utilizadas => no serán utilizadas => words_negated
serán utilizadas => serían utilizadas => words_doubtful
serán utilizadas => nunca serán utilizadas => words_negated
serán utilizadas => serán borradas => words_negated
por Acme Robotics => por Globex => wrong_company
por Acme Robotics => por nadie => words_negated
por Acme Robotics => sin Acme Robotics => words_negated
para entrenar y crear => para no entrenar y crear => words_negated
para entrenar y crear => => words_missing
una versión sintética de mi voz => => words_missing
de mi voz por => de su voz por => not_first_person
por medio de Sayso => => words_cut_off
por medio de Sayso => por medio de Voicely => wrong_platform
serán utilizadas por Acme Robotics para entrenar y crear una versión sintética de mi voz por medio de Sayso => => words_cut_off
 => Me dijeron que diga: => words_doubtful
 => Es mentira que => words_doubtful
$ => Pero no estoy de acuerdo. => words_negated
$ => Es broma. => words_doubtful
""",
    "fr": """
J'ai conscience => Je n'ai pas conscience => words_negated
J'ai conscience => J'ai pas conscience => words_negated
J'ai conscience => Je n'ai jamais conscience => words_negated
J'ai conscience => Il a conscience => not_first_person
J'ai conscience => Elle a conscience => not_first_person
J'ai conscience => Nous avons conscience => not_first_person
J'ai conscience => Vous avez conscience => not_first_person
J'ai conscience => Ai-je conscience => words_question
J'ai conscience => Avez-vous conscience => not_first_person
J'ai conscience => Si j'ai conscience => words_doubtful
J'ai conscience => J'aurais conscience => words_doubtful
J'ai conscience => Je refuse => words_negated
J'ai conscience que => => words_missing
de ma voix seront => de sa voix seront => not_first_person
de ma voix seront => de votre voix seront => not_first_person
seront utilisés => ne seront pas utilisés => words_negated
seront utilisés => ne seront jamais utilisés => words_negated
seront utilisés => seraient utilisés => words_doubtful
seront utilisés => seront supprimés => words_negated
par Acme Robotics => par Globex => wrong_company
par Acme Robotics => par personne => words_negated
par Acme Robotics => sans Acme Robotics => words_negated
pour entraîner et créer => pour ne pas entraîner et créer => words_negated
pour entraîner et créer => => words_missing
une version synthétique de ma voix => => words_missing
de ma voix au => de sa voix au => not_first_person
au moyen de Sayso => => words_cut_off
au moyen de Sayso => au moyen de Voicely => wrong_platform
seront utilisés par Acme Robotics pour entraîner et créer une version synthétique de ma voix au moyen de Sayso => => words_cut_off
 => On m'a demandé de dire : => words_doubtful
 => Il est faux que => words_doubtful
$ => Mais je ne suis pas d'accord. => words_negated
$ => C'est une blague. => words_doubtful
""",
    "de": """
Mir ist bewusst => Mir ist nicht bewusst => words_negated
Mir ist bewusst => Mir ist unbewusst => words_negated
Mir ist bewusst => Mir ist nie bewusst => words_negated
Mir ist bewusst => Mir ist kaum bewusst => words_negated
Mir ist bewusst => Ihm ist bewusst => not_first_person
Mir ist bewusst => Ihr ist bewusst => not_first_person
Mir ist bewusst => Uns ist bewusst => not_first_person
Mir ist bewusst => Niemandem ist bewusst => words_negated
Mir ist bewusst => Ist mir bewusst => words_question
Mir ist bewusst => Wenn mir bewusst ist => words_doubtful
Mir ist bewusst => Mir wäre bewusst => words_doubtful
Mir ist bewusst => Ich bestreite nicht => words_negated
Mir ist bewusst, dass => => words_missing
Aufnahmen meiner Stimme von => Aufnahmen seiner Stimme von => not_first_person
Aufnahmen meiner Stimme von => Aufnahmen deiner Stimme von => not_first_person
Aufnahmen meiner => keine Aufnahmen meiner => words_negated
verwendet werden => nicht verwendet werden => words_negated
verwendet werden => niemals verwendet werden => words_negated
verwendet werden => verwendet würden => words_doubtful
verwendet werden => gelöscht werden => words_negated
von Acme Robotics => von Globex => wrong_company
von Acme Robotics => von niemandem => words_negated
von Acme Robotics => ohne Acme Robotics => words_negated
zu trainieren und zu erstellen => nicht zu trainieren und zu erstellen => words_negated
zu trainieren und zu erstellen => => words_cut_off
eine synthetische Version meiner Stimme => => words_missing
Version meiner Stimme => Version ihrer Stimme => not_first_person
mithilfe von Sayso => => words_missing
mithilfe von Sayso => mithilfe von Voicely => wrong_platform
mithilfe von Sayso => ohne Sayso => words_negated
 => Ich wurde gebeten zu sagen: => words_doubtful
 => Es ist falsch, dass => words_doubtful
$ => Aber ich bin dagegen. => words_doubtful
$ => Das war ein Scherz. => words_doubtful
""",
    "it": """
Sono consapevole => Non sono consapevole => words_negated
Sono consapevole => Sono inconsapevole => words_negated
Sono consapevole => Sono ignaro => words_negated
Sono consapevole => Lui è consapevole => not_first_person
Sono consapevole => È consapevole => not_first_person
Sono consapevole => Siamo consapevoli => not_first_person
Sono consapevole => Se sono consapevole => words_doubtful
Sono consapevole => Forse sono consapevole => words_doubtful
Sono consapevole => Sei consapevole => not_first_person
Sono consapevole che => => words_missing
della mia voce saranno => della sua voce saranno => not_first_person
della mia voce saranno => della tua voce saranno => not_first_person
saranno utilizzate => non saranno utilizzate => words_negated
saranno utilizzate => non saranno mai utilizzate => words_negated
saranno utilizzate => sarebbero utilizzate => words_doubtful
saranno utilizzate => saranno cancellate => words_negated
da Acme Robotics => da Globex => wrong_company
da Acme Robotics => da nessuno => words_negated
da Acme Robotics => senza Acme Robotics => words_negated
per addestrare e creare => per non addestrare e creare => words_negated
per addestrare e creare => => words_missing
una versione sintetica della mia voce => => words_missing
della mia voce tramite => della sua voce tramite => not_first_person
tramite Sayso => => words_cut_off
tramite Sayso => tramite Voicely => wrong_platform
 => Mi hanno chiesto di dire: => words_doubtful
 => È falso che => words_doubtful
$ => Ma non sono d'accordo. => words_negated
$ => È uno scherzo. => words_doubtful
""",
    "nl": """
Ik ben mij ervan bewust => Ik ben mij er niet van bewust => words_negated
Ik ben mij ervan bewust => Ik ben mij niet ervan bewust => words_negated
Ik ben mij ervan bewust => Ik ben mij ervan onbewust => words_negated
Ik ben mij ervan bewust => Ik ben mij nooit ervan bewust => words_negated
Ik ben mij ervan bewust => Hij is zich ervan bewust => not_first_person
Ik ben mij ervan bewust => Zij is zich ervan bewust => not_first_person
Ik ben mij ervan bewust => Wij zijn ons ervan bewust => not_first_person
Ik ben mij ervan bewust => Ben ik mij ervan bewust => words_question
Ik ben mij ervan bewust => Als ik mij ervan bewust ben => words_doubtful
Ik ben mij ervan bewust => Misschien ben ik mij ervan bewust => words_doubtful
Ik ben mij ervan bewust dat => => words_missing
opnamen van mijn stem => opnamen van zijn stem => not_first_person
opnamen van mijn stem => opnamen van jouw stem => not_first_person
opnamen van mijn stem => geen opnamen van mijn stem => words_negated
zullen worden => zullen niet worden => words_negated
zullen worden => zullen nooit worden => words_negated
zullen worden => zouden worden => words_doubtful
worden gebruikt => worden verwijderd => words_negated
door Acme Robotics => door Globex => wrong_company
door Acme Robotics => door niemand => words_negated
door Acme Robotics => zonder Acme Robotics => words_negated
te trainen en te maken => niet te trainen en te maken => words_negated
te trainen en te maken => => words_cut_off
een synthetische versie van mijn stem => => words_missing
versie van mijn stem => versie van haar stem => not_first_person
met behulp van Sayso => => words_missing
met behulp van Sayso => met behulp van Voicely => wrong_platform
 => Ze hebben mij gevraagd te zeggen: => words_doubtful
 => Het is niet waar dat => words_negated
$ => Maar ik ga niet akkoord. => words_negated
$ => Grapje. => words_doubtful
""",
    "pt": """
Estou ciente => Não estou ciente => words_negated
Estou ciente => Nunca estou ciente => words_negated
Estou ciente => Estou inconsciente => words_negated
Estou ciente => Ele está ciente => not_first_person
Estou ciente => Ela está ciente => not_first_person
Estou ciente => Estamos cientes => not_first_person
Estou ciente => Você está ciente => not_first_person
Estou ciente => Se estou ciente => words_doubtful
Estou ciente => Talvez estou ciente => words_doubtful
Estou ciente => Estava ciente => words_doubtful
Estou ciente de que => => words_missing
da minha voz serão => da sua voz serão => not_first_person
da minha voz serão => da nossa voz serão => not_first_person
serão usadas => não serão usadas => words_negated
serão usadas => nunca serão usadas => words_negated
serão usadas => seriam usadas => words_doubtful
serão usadas => serão apagadas => words_negated
por Acme Robotics => por Globex => wrong_company
por Acme Robotics => por ninguém => words_negated
por Acme Robotics => sem Acme Robotics => words_negated
para treinar e criar => para não treinar e criar => words_negated
para treinar e criar => => words_missing
uma versão sintética da minha voz => => words_missing
da minha voz por => da sua voz por => not_first_person
por meio de Sayso => => words_cut_off
por meio de Sayso => por meio de Voicely => wrong_platform
 => Pediram-me para dizer: => words_doubtful
 => É falso que => words_doubtful
$ => Mas não concordo. => words_negated
$ => É brincadeira. => words_doubtful
""",
}


def _read(language: str, table: str) -> list[NearMiss]:
    found = []
    for line in table.strip("\n").splitlines():
        find, put, code = (f" {line} ").replace("=>  =>", "=>   =>").split("=>")
        found.append(NearMiss(language, find.strip(), put.strip(), code.strip()))
    return found


NEAR_MISSES = [miss for language, table in _TABLES.items() for miss in _read(language, table)]


def changed(sentence: str, miss: NearMiss) -> str:
    """The sentence with the change."""
    if not miss.find:
        return f"{miss.put} {sentence}"
    if miss.find == "$":
        return f"{sentence} {miss.put}"
    assert sentence.count(miss.find) == 1, f"{miss.find!r} is not once in {sentence!r}"
    return " ".join(sentence.replace(miss.find, miss.put).split())
