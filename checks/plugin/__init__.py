"""The pytest plugin: options, ids, severity, waivers, evidence, columns of reports, offline, replay."""
