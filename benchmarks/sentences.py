"""What is said in the benchmarks. Written for this project; no numbers, no names that have several spellings."""

from __future__ import annotations

from pathlib import Path

SENTENCES = (
    "The morning light came slowly over the hills.",
    "She put the letter back into the blue drawer.",
    "Would you like some honey in your tea?",
    "Our neighbor grows tomatoes behind the garage.",
    "A strong wind pushed the small boat toward the rocks.",
    "He laughed so loudly that the baby woke up.",
    "The train leaves from the other platform today.",
    "Please close the window before it starts to rain.",
    "Nobody had expected such a quiet answer from the judge.",
    "The bakery on the corner sells warm bread until late in the evening.",
    "Where did you learn to play the violin like that?",
    "They walked through the forest without saying a word.",
    "My brother fixed the old radio with a piece of wire.",
    "Fresh snow covered every roof in the village.",
    "The doctor asked him to breathe in and hold it for a moment.",
    "Children were throwing stones into the shallow river.",
    "It takes patience to teach a young dog good manners.",
    "The museum keeps its oldest maps in a dark and cool room.",
    "If the weather stays dry, we will paint the fence on Saturday.",
    "Have the guests already chosen what they want to eat?",
    "The engine made a strange noise and then stopped.",
    "Every student brought a different question to the lesson.",
    "She speaks softly, but everybody listens when she does.",
    "The path is steep, so wear shoes that do not slip.",
    "A black cat was sleeping on top of the warm computer.",
    "They cheered as the last runner crossed the line.",
    "You can borrow my umbrella, as long as you bring it back.",
    "The farmer measured the field and drew a simple plan.",
    "Why is the kitchen floor covered with flour?",
    "Most of the shops were shut because of the holiday.",
    "He carried the heavy boxes up the narrow stairs, one after another, and never complained.",
    "The judges gave the prize to a painting of an empty chair.",
    "Smoke rose from the chimney and drifted across the valley.",
    "I would rather fail at something new than repeat what I already know.",
    "The pilot told us that we should arrive a little earlier than planned.",
    "Thick fog hid the bridge, although we could hear the traffic on it.",
    "Could somebody explain how this machine is supposed to work?",
    "When the music ended, the dancers bowed and the curtain fell.",
    "The scientist checked her measurements again before she published the surprising result.",
    "Good tools last for a lifetime if you keep them clean and sharp.",
)
"""Forty, five of them questions, 6 to 15 words each: every speaker says the same."""

BY_WORDS = {
    5: (
        "The kettle is already boiling.",
        "Nobody answered the front door.",
        "We will meet tomorrow morning.",
    ),
    10: (
        "The old man sold his boat to a young fisherman.",
        "Please remember to water the plants while we are away.",
        "A cold wind blew the leaves across the empty square.",
    ),
    20: (
        "When the storm was over, we went down to the beach and collected the wood that the sea had left.",
        "The teacher told us a long story about a girl who lived in a lighthouse with her very old father.",
        "If you want to learn a language well, read a little every day and never be afraid of making mistakes.",
    ),
    40: (
        "The company had promised to repair the elevator before the end of the month, but when we came back "
        "from our trip it was still broken, and the people on the upper floors had begun to leave their bicycles "
        "downstairs.",
        "After dinner my grandmother would sit beside the stove, take the newspaper on her knees, and read aloud "
        "the stories that she found funny, while the rest of us washed the dishes and tried hard not to laugh "
        "too loud.",
        "He wrote that the journey over the mountains had taken much longer than anybody expected, because the "
        "road was blocked by snow in several places, and that the driver had to turn back more than once to "
        "find another way.",
    ),
}
"""For speed: sentences of exactly so many words."""

PARAGRAPH = (
    "The library stands where the market used to be. It is a tall building of brick and glass, and on winter "
    "evenings its windows can be seen from the other side of the river. People come here to read, of course, but "
    "also to be warm, to meet friends, or to sit alone without being lonely. On the first floor there is a room for "
    "children, with low shelves and a carpet the color of grass. Somebody always seems to be telling a story there. "
    "Upstairs it is quieter. Students bend over their books, and now and then a page is turned. When the bell rings "
    "at closing time, nobody hurries. They pack their things, look around once more, and step out into the dark."
)
"""For speed: a text of several sentences."""


def chapter(characters: int = 20_000) -> str:
    """The beginning of a story written for this, about so many characters long, paragraphs apart by a blank line."""
    whole = Path(__file__).with_name("chapter.txt").read_text("utf-8").strip()
    if characters >= len(whole):
        return whole
    cut = whole[:characters].rsplit(" ", 1)[0] if characters > 20 else "Yes, now"
    return cut.rstrip(" ,;.") + "."
