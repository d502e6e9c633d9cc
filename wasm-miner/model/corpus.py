"""The text the demonstration model learns: short stories and plain facts, written for Lantern.

Every sentence comes from the templates below, so the text belongs to this repository and its licence
(GPL-3.0-or-later). The same seed gives the same text on any machine.
"""

import random

NAMES = ["Ada", "Bela", "Cora", "Dov", "Edith", "Finn", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Leo", "Mara",
         "Nils", "Ola", "Petra", "Rosa", "Sami", "Tove", "Vera"]
PLACES = ["the harbour", "the hill", "the old mill", "the river", "the market", "the forest", "the library",
          "the lighthouse", "the bridge", "the quiet valley", "the garden", "the workshop"]
THINGS = ["lantern", "map", "key", "letter", "clock", "boat", "bell", "book", "coin", "kite", "compass", "ladder"]
TRAITS = ["small", "bright", "old", "heavy", "golden", "broken", "quiet", "curious", "patient", "careful", "red",
          "simple"]
WEATHER = ["The rain had stopped", "The wind was cold", "The sun was low", "The night was clear", "Snow was falling",
           "The fog was thick", "The morning was still", "The sea was calm"]
ANIMALS = ["fox", "owl", "cat", "dog", "crow", "hare", "goat", "swan"]
FEELINGS = ["happy", "tired", "proud", "afraid", "hopeful", "surprised", "calm", "lonely"]
WORK = ["mend the {thing}", "carry the {thing} home", "find the {thing}", "clean the {thing}", "hide the {thing}",
        "give the {thing} away", "draw the {thing}", "sell the {thing}"]
LESSONS = ["A small light is enough to read by.", "Trust is good, but a proof is better.", "Slow steps still climb the hill.",
           "What you check yourself, you know.", "A promise is worth as much as the one who keeps it.",
           "Nobody carries a lantern for themselves alone.", "The careful hand breaks nothing.",
           "Good work needs no loud voice.", "Those who share the light lose none of it."]

FACTS = {
    "Bittensor": "Bittensor is a network in which many small markets pay for useful machine work",
    "a subnet": "A subnet is a market of its own, where miners do one kind of work and validators score it",
    "a miner": "A miner is a neuron that does the work of its subnet and is paid for good results",
    "a validator": "A validator is a neuron that asks miners for work and sets weights on what it gets back",
    "a hotkey": "A hotkey is the key that a neuron uses every day to sign its requests and its weights",
    "a coldkey": "A coldkey is the key that owns the stake, and it should stay away from the network",
    "TAO": "TAO is the coin of the network, and one TAO is a thousand million rao",
    "rao": "A rao is the smallest unit of TAO, and all exact sums are counted in rao",
    "alpha": "Alpha is the token of one subnet, and it is bought and sold against TAO in a pool",
    "stake": "Stake is what a holder lends to a hotkey, and it earns a share of the dividends",
    "an epoch": "An epoch is the moment when a subnet counts its weights and pays its neurons",
    "a tempo": "A tempo is the number of blocks from one epoch of a subnet to the next",
    "emission": "Emission is the new TAO that each block brings into the subnets",
    "a light client": "A light client checks the headers and the proofs itself and trusts no server",
    "finality": "Finality means that a block can no longer be taken back",
    "a block": "A block is a list of calls that the whole network has agreed to run in order",
    "a storage proof": "A storage proof shows with a few hashes that a value belongs to the state of a block",
    "slippage": "Slippage is the price that a trade moves against itself, and it grows with the size of the trade",
    "a nonce": "A nonce is a number that is used once, so that a message cannot be sent twice",
    "proof of work": "Proof of work is a riddle that is hard to solve and easy to check",
    "a wallet": "A wallet keeps the keys and shows you what you are about to sign",
    "a GPU": "A GPU is a chip with many small workers that all do the same sum at the same time",
    "WebGPU": "WebGPU is the door through which a web page can use the graphics chip for its own sums",
    "a token": "A token is a piece of text that a language model reads or writes in one step",
    "a language model": "A language model reads some text and guesses what comes next, one token at a time",
    "a kernel": "A kernel is a small program that runs many times in parallel on the GPU",
    "prefill": "Prefill is the part where the model reads the whole prompt before it writes its first token",
    "decode": "Decode is the part where the model writes one token after another",
    "Lantern": "Lantern is a light client that you carry yourself, in one page of your browser",
    "a mini-miner": "A mini-miner is a browser tab that runs a small model and is honest about what it can earn",
}
ENDINGS = ["", " That is all there is to it.", " It is simple once you have seen it.", " Anyone can check it.",
           " Nobody has to be trusted for that.", " You can see it on the page."]


def story(rng):
    a, b = rng.sample(NAMES, 2)
    place, other = rng.sample(PLACES, 2)
    thing = rng.choice(THINGS)
    trait = rng.choice(TRAITS)
    animal = rng.choice(ANIMALS)
    work = rng.choice(WORK).format(thing=thing)
    lines = [
        rng.choice([f"Once there was a keeper named {a} who lived near {place}.",
                    f"{a} lived in a {trait} house by {place}.",
                    f"Every evening {a} walked to {place} with a {trait} {thing}."]),
        rng.choice([f"{rng.choice(WEATHER)}, and {a} wanted to {work}.",
                    f"One day {a} had to {work} before it was dark.",
                    f"{rng.choice(WEATHER)} when {a} heard a {animal} near {other}."]),
        rng.choice([f"\"Can you help me?\" asked {a}. \"Of course,\" said {b}.",
                    f"{b} came by and said, \"I have seen that {thing} near {other}.\"",
                    f"A {animal} sat on the {thing} and would not move.",
                    f"\"Where is the {thing}?\" asked {b}. \"It is near {other},\" said {a}."]),
        rng.choice([f"Together they went to {other} and looked for a long time.",
                    f"{a} was {rng.choice(FEELINGS)}, but {b} was {rng.choice(FEELINGS)}.",
                    f"They lit the lantern and followed the {animal} to {other}.",
                    f"{b} counted the steps twice and wrote the number down."]),
        rng.choice([f"At last they found the {thing} under a {rng.choice(TRAITS)} stone.",
                    f"In the end the {thing} was safe, and {a} was {rng.choice(FEELINGS)}.",
                    f"The {animal} showed them the way, and the {thing} was there.",
                    f"When they came home, the {thing} was as good as new."]),
        rng.choice(LESSONS),
    ]
    return " ".join(lines)


def fact(rng):
    name, sentence = rng.choice(list(FACTS.items()))
    ask = rng.choice([f"What is {name}?", f"Tell me what {name} is.", f"Please explain {name}.", f"Q: {name}?"])
    return f"{ask}\n{sentence}.{rng.choice(ENDINGS)}"


def talk(rng):
    a, b = rng.sample(NAMES, 2)
    name, sentence = rng.choice(list(FACTS.items()))
    return (f"\"What is {name}?\" asked {a}. {b} thought for a while and said, \"{sentence}.\" "
            + rng.choice([f"{a} was {rng.choice(FEELINGS)}.", rng.choice(LESSONS), f"Then they walked to {rng.choice(PLACES)}."]))


def plain(rng):
    return " ".join(sentence + "." for sentence in rng.sample(list(FACTS.values()), rng.randint(1, 4)))


def documents(count, seed):
    rng = random.Random(seed)
    for _ in range(count):
        yield rng.choices([story, fact, talk, plain], weights=[4, 3, 2, 2])[0](rng)


if __name__ == "__main__":
    for text in documents(8, 1):
        print(text, end="\n---\n")
