"""A benchmark that one can believe. Read in this order:

    networks.py     what is measured: networks, first weights, data, the same for everybody
    peers.py        one training step of each framework
    worker.py       a process of its own for each framework
    conduct.py      who runs when, and what is made of the times
    sections.py     the questions that are asked, and how the answers are printed
    operations.py, target.py, limit.py    what some of the sections need besides
    __main__.py     the command

A time alone means little: the machine has other work, a processor grows hot and slows down, a library leaves
threads behind that spin. So the frameworks take turns in one run, and what is reported is what they were
beside each other. The reasons for each precaution stand where it is taken.
"""
