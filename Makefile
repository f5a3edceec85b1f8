# Two commands do everything: `make run` and `make test`. Both install what is missing.

.PHONY: run test build conformance bench crash-test fuzz

run:
	Scripts/run

test:
	Scripts/test

build:
	Scripts/build

conformance:
	Scripts/conformance

bench:
	Scripts/bench

crash-test:
	Scripts/crash-test

fuzz:
	Scripts/fuzz
