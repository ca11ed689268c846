"""The command ``facts``: what the form does, in words."""

import json

from labapp.cli import main as cli
from labapp.workflow.study_facts import facts_file, study_facts


def run(capsys, *words):
    status = cli.main(["facts", *map(str, words)])
    return status, capsys.readouterr().out


def test_facts_are_filled_in_listed_and_taken_out(capsys, tmp_path):
    status, out = run(capsys, tmp_path)
    assert status == 0
    assert "Inter-electrode distance (mm). More than 0, up to 200 mm" in out
    assert not facts_file(tmp_path).exists()
    wishes = ["--set", "electrodes.RM_R.distances_mm=C7 62,5; acromion 95"]
    status, out = run(capsys, tmp_path, *wishes, "--set", "amplifier.gain=1009")
    assert status == 0
    assert "C7 62.5; acromion 95" in out
    assert study_facts(tmp_path, ["RM_R"]) == {
        "electrodes": {"RM_R": {"distances_mm": {"C7": 62.5, "acromion": 95.0}}},
        "amplifier": {"gain": 1009.0},
    }
    status, out = run(capsys, facts_file(tmp_path), "--set", "amplifier.gain=", "--json")
    told = json.loads(out)
    assert (status, told["wrong"], set(told["facts"])) == (0, {}, {"electrodes"})


def test_what_is_wrong_in_a_file_is_told(capsys, tmp_path):
    path = tmp_path / "lab.toml"
    path.write_text("[amplifier]\ngain = -1\nhue = 3\n", encoding="utf-8")
    status, out = run(capsys, path)
    assert status == 1
    assert "wrong: amplifier.gain: -1 is out of range. More than 0, up to 1000000." in out
    assert "wrong: amplifier.hue: is no fact" in out
