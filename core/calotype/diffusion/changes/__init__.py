"""What patches of a model change besides its weights: its noise levels, how it is guided, and what its layers do.

A patch is data in a recipe (`calotype.types.Patch`); here its kind becomes arithmetic. `levels`: other noise levels;
`hooks`: what guidance asks at each evaluation; `guidance`: on estimates; `attention`, `unet`, `layers`: inside of the
network, put on for one run and taken off after it; `table`: the kinds by name.
"""
