"""Sentences that recorder, signal check and synchronisation can say, for `spoken`."""

from __future__ import annotations

from typing import Final

from labapp.translate import phrase

LAB: Final[dict[str, tuple[str, ...]]] = {
    "workflow.signal_check": (
        phrase("Sit or lie with the arm supported. Relax completely."),
        phrase("Pull gently, about a third of your strength, and hold."),
        phrase("a light pull rises {rise} dB over rest"),
        phrase("a light pull rises only {rise} dB over rest: check the electrode's site"),
        phrase("a light pull hardly rises over rest: is the electrode on this muscle?"),
        phrase("no samples: is the device on, and the channel connected?"),
    ),
    "workflow.resume": (
        phrase("Start the protocol, or finish and analyse what was recorded."),
        phrase("The protocol had ended. Finish and analyse what was recorded."),
        phrase("The repetition under way was cut short and is done again: P goes on."),
        phrase("The protocol is on pause: P goes on."),
        phrase("The protocol goes on where it was."),
    ),
    "workflow.live_pull": (
        phrase("fewer than two muscles"),
        phrase("{name} is on another device"),
    ),
    "workflow.progression": (
        phrase("all conditions met in {n} sessions in a row"),
        phrase("{n} of {needed} sessions with this load so far"),
        phrase("first load: {what}"),
        phrase("no earlier session says a load"),
        phrase("tempo kept {how}"),
        phrase("similarity of repetitions (CMC) {how}"),
        phrase("variation of the force {how}"),
        phrase("effort {how}"),
        phrase("{value}, asked at least {least} ({place})"),
        phrase("{value}, asked at least {least} % ({place})"),
        phrase("{value}, asked at most {most} % ({place})"),
        phrase("{value}, asked at most {most} of 10 ({place})"),
        phrase("not known, asked at least {least} ({place})"),
        phrase("not known, asked at least {least} % ({place})"),
        phrase("not known, asked at most {most} % ({place})"),
        phrase("not known, asked at most {most} of 10 ({place})"),
    ),
    "workflow.tare_watch": (
        phrase("{value} N ± {sd} (spread over {seconds} s)"),
        phrase("{value} counts ± {sd} (spread over {seconds} s)"),
        phrase("{what}: the cell is not at rest. Leave it empty and still, then take it again."),
        phrase(
            "{what}. It moved by {moved} N since the first: look at cable, handle and hook, and "
            "take it again."
        ),
        phrase(
            "{what}. It moved by {moved} N, {percent} % of the greatest force since the first: "
            "look at cable, handle and hook, and take it again."
        ),
        phrase(
            "{what}. It moved by {moved} counts since the first: look at cable, handle and hook, "
            "and take it again."
        ),
        phrase(
            "{what}. It moved by {moved} counts, {percent} % of the greatest force since the "
            "first: look at cable, handle and hook, and take it again."
        ),
        phrase("no samples"),
        phrase("{value} counts"),
    ),
    "workflow.calibrate_guide": (
        phrase(
            "The cell is good: up to {force} N no load is more than {percent} % of that off the "
            "line."
        ),
        phrase("The calibration can be used, with care: {why}."),
        phrase("standard value, not local: within 0.3 %"),
        phrase("latitude {north} degrees, height {high} m"),
    ),
    "simulate": (
        phrase("demonstration: rhomboid leads by 30 ms, some hum, some heart, a few lost packets"),
        phrase("identical onsets, unequal signal-to-noise ratios"),
        phrase("losses longer than the packet counter"),
        phrase("rhomboid leads by 30 ms over a bad radio link"),
        phrase("no rhomboid signal"),
        phrase("rhomboid leads by 30 ms, equal signal-to-noise ratios"),
        phrase("all muscles start together, equal signal-to-noise ratios"),
        phrase("synchronisation pulses: two devices 37 ms apart, rhomboid leads by 30 ms"),
    ),
    "workflow.clock_links": (
        phrase("verified by {n} pulses"),
        phrase("verified by a copy of the force over {n} pulls"),
        phrase("verified by an offset stored for these devices"),
    ),
    "workflow.sync": (
        phrase("no offset is stored for these two devices"),
        phrase("not verified: {why}"),
        phrase("{n} pulses"),
        phrase("{n} pulls with a copy of the force"),
        phrase("an offset stored before"),
        phrase("verified ± {u} ms by {what} (offset {offset} ms); resolves ≥ {least} ms"),
        phrase("make the pulses irregular: 0.6 to 1.4 s apart at random"),
        phrase("check that both inputs see the same pulses, and that no contact bounces or hangs"),
        phrase("pull faster and harder, and check the wire, range and resolution of the copy"),
        phrase("measure it: labapp sync with both devices"),
        phrase("check the wire to each input, and let pulses run while both devices record"),
        phrase(
            "filters add {delay} ± {u} ms to the signals (data sheets); a copy of the force in a "
            "spare EMG channel measures it"
        ),
    ),
    "workflow.onset_edits": (
        phrase("this repetition is rejected already"),
        phrase("accept it, or leave it so"),
        phrase("this repetition does not count as recorded"),
        phrase("its reason: {why}"),
        phrase("a rejection needs a reason"),
        phrase("say why the repetition must not count"),
        phrase("rater {name} has not rejected this repetition"),
        phrase("what was rejected in the recording stays so; another rater's is theirs to accept"),
        phrase("this pull has neither a cue nor a force"),
        phrase("it has no time to tell"),
        phrase("a reason of {n} characters"),
        phrase("use at most {n}"),
        phrase("the reason: {why}"),
        phrase("leave out what tells who a person is"),
    ),
    "workflow.sync_guide": (
        phrase("no channel carries a copy of the force (code {code})"),
        phrase(
            "give it to a spare EMG channel: in the montage on the page Set up, or with "
            "--channels, as emg=A4:{code}"
        ),
        phrase("digital input I1 (0 to 3.3 V)"),
        phrase("the RCA trigger input (a contact that closes)"),
        phrase("digital pin D17 (0 to 3.3 V), with the setting aux = digital"),
        phrase("an event input"),
        phrase("a switch input"),
        phrase("Wire the load cell's signal to both"),
        phrase("Pull fast and hard"),
        phrase("{n} times, {every} s apart; the program says when."),
        phrase("Wire one pulse to both devices"),
        phrase("Let the pulses run"),
        phrase(
            "Pulses of 20 to 200 ms, 0.6 to 1.4 s apart at random, {seconds} s long. A push-button "
            "pressed unevenly will do."
        ),
        phrase("pulse into channel {channel}, through a divider to its range"),
        phrase(
            "the load cell's amplified signal into channel {channel}, through an isolator and a "
            "divider to its range"
        ),
        phrase("nothing to wire"),
        phrase("pulse into {place}"),
        phrase("no pulse input: give a spare channel the code {code} and wire the pulse there"),
        phrase("let the pulses run, {left} s to go"),
        phrase("rest, pull {n} of {pulls} comes"),
        phrase("PULL now, fast and hard ({n} of {pulls})"),
        phrase("{id}: {place}"),
    ),
    "workflow.sync_inputs": (
        phrase("{name} saw {most} pulses, {least} are needed"),
        phrase("no channel of {one} or {two} has the code {code}"),
    ),
    "workflow.sync_profile": (
        phrase("stored on {date} from {name}"),
        phrase("the offset was stored with a latency timer of {one} on {driver}, now it is {two}"),
        phrase("unknown length"),
    ),
    "workflow.recording": (phrase("building the session"),),
    "workflow.files": (phrase("writing the report"),),
    "progress": (
        phrase("starting the recorder"),
        phrase("stopping the recorder"),
        phrase("the simulated devices catch up"),
        phrase("opening"),
    ),
    "record.disk": (
        phrase("the disk does not take the data ({fault})"),
        phrase("free some space; {waiting} bytes wait in memory, {dropped} reads are lost"),
        phrase("the disk is slow to confirm the data"),
        phrase("nothing was confirmed for {seconds} s; use a faster disk"),
        phrase("the disk is nearly full"),
        phrase("free some space; {mb} MB are left. The recording goes on"),
        phrase("{name} was removed or replaced while recording"),
        phrase("stop, and record again in another folder"),
    ),
    "record.latency": (
        phrase("the USB chip on {url} keeps data for up to {ms} ms"),
        phrase("set its latency timer to 1 ms: install hardware/udev/70-labapp.rules"),
        phrase("the latency timer of the USB chip on {url} is unknown (16 ms if never set)"),
        phrase("set it to 1 ms in the port's advanced settings in the device manager"),
    ),
    "record.pace": (phrase("set the latency timer to 1 ms, or record sync pulses"),),
    "record.opening": (
        phrase("{name}: the driver failed ({fault})"),
        phrase("its bytes are recorded; correct the driver, then recover"),
        phrase("{name}: the port was lost"),
        phrase("plug it in; it is being looked for"),
        phrase("{name}: the stream was lost"),
        phrase("start its program again; it is being looked for"),
        phrase("{name}: no data"),
        phrase("check its battery, cable or radio link"),
        phrase("look whether its program still sends"),
        phrase("start it as it was, or end this recording"),
        phrase("{name}: sends {times} times as many samples as its rate says"),
        phrase("check rate and baud rate in its settings; all of it is recorded"),
        phrase("{name}: the device with serial number {code} is not there"),
        phrase("the one on {url} ({code}) is recorded instead"),
    ),
    "record.conversation": (
        phrase("{name} on {url} does not answer"),
        phrase("switch it on, check the cable or pairing, and that the port is the right one"),
        phrase("{name} on {url} answers something else ({n} bytes: {what})"),
        phrase("check that the port belongs to this device and that the driver is the right one"),
    ),
    "record.serial_port": (
        phrase("port {name} is in use by another program"),
        phrase("close that program"),
        phrase("no permission to open port {name}"),
        phrase("port {name} does not exist"),
        phrase("port {name} was lost ({what})"),
        phrase("check the plug or the radio link"),
        phrase("check the port name"),
    ),
    "states": (
        phrase("open"),
        phrase("starting"),
        phrase("closed"),
        phrase("failed"),
        phrase("ended"),
        phrase("lost"),
        phrase("silent"),
    ),
    "workflow.protocol_copy": (phrase("beats/min"),),
    "workflow.person": (
        phrase("an e-mail address"),
        phrase("a date, perhaps of birth"),
        phrase("a phone number"),
        phrase("a phone or insurance number"),
        phrase("a name"),
        phrase("{place} looks like {what}"),
    ),
    "session.check": (
        phrase("recovered from its log: the recording was cut short"),
        phrase("{n} samples received, {lost} lost in {gaps} gaps"),
    ),
}
