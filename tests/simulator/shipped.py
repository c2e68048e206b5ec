"""The configuration files as the product ships them (§2.1, §3.4, §3.5, §6.2); lines end in LF here, in CRLF on a node."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# §3.5: what the group Cluster Servers may read.
_CLUSTER = ("/Components for Processing Servers/", "/Addresses/", "/Profiles/", "/Lookups/", "/Access Control/", "/Bin/", "/Logs/",
            "/Users/")
_FOLDERS = ("Components", "Components for Processing Servers", "Addresses", "Profiles", "Lookups", "Access Control", "Bin", "Logs",
            "Users", "Audit", "Events")
# §6.2: seven entries, two of them known.
_SYNCHRONIZED = (("Components", "Components for Processing Servers"), *((name, name) for name in (
    "Profiles", "Lookups", "Addresses", "Access Control", "Bin", "Users")))

OTHER_COMPONENTS = {
    "Administrative Event Logs.cfg": "component = EventLogFile:\n  Path = string: Events\\\\\n",
    "Disk Files.cfg": (
        "component = DiskSpaceManagerComponent:\n  Cache Directory = Path: Temp\\\\\n  Disk Files = vector: 1 items\n"
        "    0 = string: Temp\\\\Disk0.vfs\n  Save Interval (sec) = int: 3600\n"
    ),
    "Trace.cfg": "component = TraceFileComponent:\n  Trace Directory = Path: Trace\\\\\n",
    # §2.1: another suffix switches a component off, so this one is not read.
    "ScheduledRestart.cfg.off": (
        "component = ScheduledRestart:\n  Restart Every = string: week\n  Start Time = string: January 02, 2026 03:00:00 GMT\n"
    ),
}


def communications(port: int, ssl_port: int, *, master: bool) -> str:
    """
    Return Communications.cfg: 17 entries in Servers on a master, three fewer on a processing server (§3.4).

    Args:
        port: Of HTTP.
        ssl_port: Of HTTPS.
        master: Whether it is for the master's own Components.
    """
    servers = [_struct("InitServer", {"Client Type": "Sensor", "URI": "/SensorInit.vsp"}),
               _struct("LoggingServer", {"Log Directory": "Logs\\\\", "URI": "/Submit.vsp"}),
               *(_struct("FileServer", {"Local Path": f"{name}\\\\", "URI": f"/{name}/"}) for name in _FOLDERS),
               _struct("StatusServer", {"URI": "/Status/"})]
    if master:
        servers += [_struct("SourceListServer", {"URI": "/SourceListServer/"}),
                    _struct("SegmentExportServer", {"Exports Directory": "Exports\\\\", "URI": "/SegmentExportServer/"}),
                    _struct("NormalizeServer", {"URI": "/Cluster/"})]
    return (
        "component = CommServer:\n"
        "  Access Control File = Path: Access Control\\\\Access Control.cfg\n"
        "  Access Log Directory = string: Audit\\\\\n"
        "  IP Interface = string: \n"
        f"  Port = int: {port}\n"
        f"  SSL Port = int: {ssl_port}\n" + _vector("Servers", servers, indent="  ")
    )


def synchronize(address: str, *, name: str, ssl_port: int) -> str:
    """
    Return Synchronize.cfg as every processing server of one master has it.

    Args:
        address: Of the master.
        name: The CN of the master's certificate.
        ssl_port: Of the master.
    """
    return _synchronize(_server(address, name=name, ssl_port=ssl_port), address, directories=_SYNCHRONIZED)


def fsu_synchronize(address: str, *, name: str, ssl_port: int) -> str:
    """Return FSU_Synchronize.cfg of a backup FSU, which pulls both Components directories; arguments as in `synchronize`."""
    both = tuple((name, name) for name in ("Components", "Components for Processing Servers", "Profiles", "Lookups", "Access Control"))
    return _synchronize(_server(address, name=name, ssl_port=ssl_port), address, directories=both)


def access_control(members: Iterable[str], *, more: Sequence[str] = (), admitted: Iterable[tuple[str, str]] = ()) -> str:
    """
    Return Access Control.cfg.

    Args:
        members: The numeric addresses of all servers of the cluster (§3.5).
        more: URIs that the cluster may read besides the usual ones; a backup FSU needs `/Components/` (§6.2).
        admitted: Group and CN of the clients that an administrator has entered.
    """
    clients = tuple(admitted)
    groups: tuple[tuple[str, list[str], tuple[str, ...], tuple[str, ...]], ...] = (
        ("Administrators", ["IP:127.0.0.1"], (), ("/",)),
        ("Sensors", ["IP:*"], (), ("/SensorInit.vsp", "/Submit.vsp")),
        ("Users", [], ("/Profiles/", "/Users/%CN%/"), ()),
        ("Power Users", [], ("/Status/",), ()),
        ("Cluster Servers", [f"IP:{member}" for member in members], (*_CLUSTER, *more), ("/Cluster/",)),
        ("Report Servers", [], ("/Profiles/",), ()),
    )
    members_of = {name: who + [f"CN: {cn}" for group, cn in clients if group == name] for name, who, _read, _write in groups}
    items = ["AccessGroup:\n" + _strings("Members", members_of[name]) + f"  Name = string: {name}\n" + _strings("Read-Only Access", read)
             + _strings("Read-Write Access", write) for name, _who, read, write in groups]
    return _vector("Access Control Groups", items)


def address_file(name: str, address: str) -> str:
    """Return `<CN>.address`, which maps a common name to an address (§1.4)."""
    location = f"NetworkLocation:\n  Addresses = vector: 1 items\n    0 = AddressDefinition:\n      Address = string: {address}\n"
    return _vector("Locations", [location + f"      Name = string: {name}\n  Name = string: Cluster\n  Parent = string: DNS\n"])


def profile(name: str) -> str:
    """Return a profile.cfg that names the processing server *name*; nobody but the customer edits it (§6.5)."""
    server = f"serverInfo:\n  Common Name = string: {name}\n"
    return "Profile = profileInfo:\n  Active = bool: true\n" + _vector("Processing Servers", [server], indent="  ")


def cluster(name: str, address: str) -> str:
    """Return a Cluster.cfg; an edit of it reprocesses the dataset (§6.5)."""
    server = f"    Address = string: {address}\n    Port = int: 80\n    SSL Server Common Name = string: {name}\n"
    return "Cluster = ClusterConfig:\n  Normalize Server = serverInfo:\n" + server + "    Use SSL = bool: false\n"


def _synchronize(server: str, address: str, *, directories: Iterable[tuple[str, str]]) -> str:
    items = [
        f"SynchronizeDir:\n  Allow Local Deletes = bool: true\n  Bidirectional = bool: false\n  Download Only Newer Files = bool: false\n"
        f"  Local Path = string: {local}\\\\\n  Recursive = bool: true\n  Remote URI = string: /{remote}/\n"
        for local, remote in directories
    ]
    return (
        "component = SynchronizeComponent:\n"
        f"  Cluster Primary Server Address = string: {address}\n" + _vector("Directories", items, indent="  ") +
        f"  Enable Synchronization Log = bool: true\n{server}  Synchronization Log Threshold = string: Low\n"
    )


def _server(address: str, *, name: str, ssl_port: int) -> str:
    return (
        "  Server = serverInfo:\n"
        f"    Address = string: {address}\n"
        f"    Port = int: {ssl_port}\n"
        "    SSL Client Certificate = string: \n"
        f"    SSL Server Common Name = string: {name}\n"
        "    Use SSL = bool: true\n"
    )


def _struct(kind: str, strings: dict[str, str]) -> str:
    return f"{kind}:\n" + "".join(f"  {key} = string: {value}\n" for key, value in strings.items())


def _strings(key: str, values: Sequence[str]) -> str:
    return _vector(key, [f"string: {value}\n" for value in values], indent="  ")


def _vector(key: str, items: Sequence[str], *, indent: str = "") -> str:
    """Return a vector; each item begins with its type, its further lines are indented as if it stood at the margin."""
    lines = [f"{key} = vector: {len(items)} items"]
    for number, item in enumerate(items):
        first, *rest = item.splitlines()
        lines += [f"  {number} = {first}", *(f"  {line}" for line in rest)]
    return "".join(f"{indent}{line}\n" for line in lines)
