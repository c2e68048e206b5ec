# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The demo's steps, in order: what is done to the servers, and whether everything was as it should be."""

from __future__ import annotations

from .clients import another_ca, clients_first, not_ready
from .telling import Story, expect
from .world import World


def tell(world: World) -> bool:
    """Tell the whole story; return whether every step was as it should be."""
    story = Story(world)
    shipped = world.served()
    story.step("A rollout is refused: the clients would be locked out, because they do not trust the company", lambda: not_ready(story))
    story.step("Clients first: each is given the trust, and its service is restarted", lambda: clients_first(story))
    story.step("Preflight: survey all nodes, rehearse every certificate before every bundle, touch nothing", lambda: preflight(story))
    story.step("Rollout: trust, certificates, canary, activation, verification", lambda: rollout(story, shipped))
    story.step("Verify: what is served, what is on disk", lambda: verify(story))
    story.step("The same rollout again changes nothing", lambda: again(story))
    story.step("A DPU's Communications.cfg is edited by hand, another's trust bundle replaced: drift names these two",
               lambda: drift(story), by_hand=True)
    story.step("The rollout puts them right", lambda: corrected(story))
    story.step("A certificate with a wrong common name is refused, nothing is touched", lambda: refused(story))
    story.step("Renewal in which a DPU does not come back: everything is taken back, on all nodes", lambda: taken_back(story))
    story.step("Another CA: trusted by clients and servers, then used by all, then the old one is retired", lambda: another_ca(story))
    return story.summary()


def preflight(story: Story) -> list[str]:
    """Check everything; no byte may change."""
    before = story.world.files()
    played = story.play("preflight")
    return expect(preflight_succeeds=played.code == 0, no_file_is_touched=story.world.files() == before)


def rollout(story: Story, shipped: dict[str, str]) -> list[str]:
    """Roll out; every server presents another certificate than the one it was shipped with."""
    played = story.play("rollout")
    served = story.world.served()
    return expect(rollout_succeeds=played.code == 0, every_server_serves=all(served.values()),
                  every_server_serves_its_new_certificate=all(served[name] != shipped[name] for name in served))


def verify(story: Story) -> list[str]:
    """Verify; the table is the point."""
    return expect(verify_succeeds=story.play("verify").code == 0)


def again(story: Story) -> list[str]:
    """Roll out once more."""
    before = story.world.files()
    played = story.play("rollout")
    return expect(rollout_succeeds=played.code == 0, nothing_is_changed=set(played.changed.values()) == {0},
                  no_file_is_touched=story.world.files() == before)


def drift(story: Story) -> list[str]:
    """Cause drift by hand in two places; exactly these must be named."""
    edited, upgraded = story.world.names[2], story.world.names[3]
    cfg = story.world.node(edited).root / "Components" / "Communications.cfg"
    cfg.write_bytes(b"".join(line for line in cfg.read_bytes().splitlines(keepends=True) if b"Certificate = " not in line))
    bundle = story.world.node(upgraded).root / "Certificates" / "trust_ca_cert.pem"
    bundle.write_bytes(story.world.shipped_bundle)
    played = story.play("drift")
    off = {name for name, failures in played.failed.items() if failures}
    return expect(drift_fails=played.code != 0, exactly_these_two_are_named=off == {edited, upgraded})


def corrected(story: Story) -> list[str]:
    """Roll out, then ask for drift again."""
    played = story.play("rollout")
    return expect(rollout_succeeds=played.code == 0, no_drift_is_left=story.play("drift").code == 0)


def refused(story: Story) -> list[str]:
    """Give one DPU a certificate of somebody else; put it right afterwards."""
    name = story.world.names[1]
    good = (story.world.pki / f"{name}.pem").read_bytes()
    story.world.issue(name, "somebody-else")
    before = story.world.files()
    played = story.play("rollout")
    (story.world.pki / f"{name}.pem").write_bytes(good)
    return expect(rollout_is_refused=played.code != 0, the_finding_names_both_common_names="somebody-else" in played.output,
                  no_file_is_touched=story.world.files() == before)


def taken_back(story: Story) -> list[str]:
    """Renew all certificates; the last DPU fails to start once."""
    before, lost = story.world.served(), [node.name for node in story.world.cluster.of_role("dpu")][-1]
    story.world.issue_all()
    story.world.cluster.state(lost).misbehave("not-come-back", times=1)
    played = story.play("rollout")
    return expect(rollout_fails=played.code != 0, the_lost_server_is_named=f"{lost}: " in played.output,
                  every_server_serves_what_it_served_before=story.world.served() == before)
