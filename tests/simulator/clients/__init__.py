"""
Strict stand-ins for what connects to the servers: Sensor, Workstation, Report Server and Query API host.

Each is one process that connects once a second, and writes down every attempt. Like the server, it reads certificates and trust
when it starts and never again, and it refuses what a rollout must not do.
"""
