# Two commands do everything: `make run` and `make test`. Both install what is missing.

.PHONY: run test build conformance attack bench crash-test fuzz

run:
	Scripts/run

test:
	Scripts/test

build:
	Scripts/build

conformance:
	Scripts/conformance

attack:
	Scripts/attack

bench:
	Scripts/bench

crash-test:
	Scripts/crash-test

fuzz:
	Scripts/fuzz
