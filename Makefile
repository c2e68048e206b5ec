# The front door. Make lays out what is needed once (below); what is checked stands in noxfile.py, the one list of commands.
SHELL := /bin/sh
COLLECTIONS := build/collections/ansible_collections
CHECKS := lint types sanity docs build unit contract simulator integration matrix

.DEFAULT_GOAL := help
.PHONY: help test demo molecule bench chaos release clean $(CHECKS)

help: .venv/dev-done
	@echo "make demo [KEEP=1]    roll a five-server cluster over, on this machine; KEEP=1 leaves it running"
	@echo "make test             all checks marked * below; each one is also a target: make unit"
	@echo "make molecule [SCENARIO=x]   real hosts: machines with systemd, over SSH; needs root and podman"
	@echo "make chaos [SHORT=1]  break it on purpose, count what comes of it, and write docs/reliability.md; an hour, or SHORT=1"
	@echo "make release          the archive, its bill of materials (CycloneDX) and checksums, in build/release"
	@echo "make bench [PART=x]   how fast it is, beside what else could do its work; takes an hour"
	@.venv/bin/nox --list | grep '^[*-] '

test: .venv/dev-done
	.venv/bin/python tools/check_machine.py
	.venv/bin/nox

$(CHECKS): .venv/dev-done
	.venv/bin/nox --session $@ $(if $(WRITE),-- --write)

demo: .venv/run-done
	PATH="$(CURDIR)/.venv/bin:$$PATH" PYTHONPATH=tests ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/build/collections" \
	  .venv/bin/python -m demo $(if $(KEEP),--keep)

molecule: .venv/dev-done
	.venv/bin/nox --session molecule $(if $(SCENARIO),-- $(SCENARIO))

chaos: .venv/dev-done
	.venv/bin/nox --session chaos $(if $(SHORT),-- --short)

release: .venv/dev-done
	.venv/bin/nox --session release

bench: .venv/dev-done
	.venv/bin/nox --session bench $(if $(PART),-- $(PART))

clean:
	rm -rf build .venv .nox

.venv/run-done: requirements/run.lock | $(COLLECTIONS)/certops/rollout
	sh tools/make_venv.sh .venv requirements/run.lock
	touch $@

.venv/dev-done: .venv/run-done requirements/dev.lock requirements/collections.lock
	sh tools/make_venv.sh .venv requirements/dev.lock
	rm -rf $(COLLECTIONS)/ansible
	.venv/bin/python tools/fetch_collections.py build/collections
	touch $@

# Python and Ansible find the checkout under its collection name.
$(COLLECTIONS)/certops/rollout:
	mkdir -p $(@D)
	ln -s ../../../.. $@
