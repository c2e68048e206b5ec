# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The demo's steps in which clients are the subject: nobody is locked out, neither by the first CA nor by the next one."""

from __future__ import annotations

import json

from .telling import Story, expect

# What an operator says once the users have started their Workstations anew.
_RESTARTED = {"dwb_client_restarted": True}


def not_ready(story: Story) -> list[str]:
    """Roll out although no client trusts the company; every client has to be named."""
    before = story.world.files()
    played = story.play("rollout")
    return expect(rollout_is_refused=played.code != 0, no_file_is_touched=story.world.files() == before,
                  every_client_is_named=all(name in played.output for name in story.world.clients.clients))


def clients_first(story: Story) -> list[str]:
    """Give clients the trust; the service of each is restarted, a Workstation by its user."""
    played = story.play("clients")
    story.world.restart_workstations()
    told = story.play("clients", "--limit", "dwb_workstation", "--extra-vars", json.dumps(_RESTARTED))
    return expect(clients_succeed=(played.code, told.code) == (0, 0), every_client_is_changed=all(
        played.changed.get(name) for name in story.world.clients.clients))


def another_ca(story: Story) -> list[str]:
    """Go from one CA to the next: trust on clients and servers, certificates, and the old CA retired."""
    world, before, old, anchors = story.world, story.world.served(), story.world.company, story.world.anchors
    world.found("Works")
    both = {"dwb_trust_src": anchors + world.anchors}
    trusted = story.play("clients", "--extra-vars", json.dumps(both))
    world.restart_workstations()
    rolled = story.play("rollout", "--extra-vars", json.dumps(both))
    presented = story.play("clients", "--extra-vars", json.dumps(both | _RESTARTED))
    retired = story.play("retire_ca", "--extra-vars", json.dumps({
        "dwb_trust_src": world.anchors, "dwb_retired_ca": [level.fingerprint for level in old.levels]}))
    served = world.served()
    return expect(clients_succeed=(trusted.code, presented.code) == (0, 0), rollout_succeeds=rolled.code == 0,
                  retirement_succeeds=retired.code == 0,
                  every_server_serves_a_certificate_of_the_new_CA=served == world.issued(*served) and served != before,
                  the_Report_Server_presents_its_own=world.presented(*world.presenting) == world.issued(*world.presenting),
                  no_server_trusts_the_old_CA=not any(old.issuing.pem in bundle for bundle in world.bundles()))
