"""The indicators of the programme: `rules` says what each one counts, `queries` reads what they count.

Pages, exports and API all come here, so that one number has one meaning. Numbers I1 to I40: domain facts, 3.3.
"""
