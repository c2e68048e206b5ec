"""Standard error of a PowerShell whose output is no console: objects as XML, with progress that nobody asked for."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

_PROGRESS = ('<Obj S="progress" RefId="0"><TN RefId="0"><T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN><MS>'
             '<I64 N="SourceId">1</I64><PR N="Record"><AV>Preparing modules for first use.</AV><AI>0</AI><Nil /><PI>-1</PI><PC>-1</PC>'
             "<T>Completed</T><SR>-1</SR><SD> </SD></PR></MS></Obj>")


def clixml(errors: str) -> bytes:
    """Return what a Windows PowerShell 5.1 writes to standard error when it has *errors* to tell, or none."""
    rows = "".join(f'<S S="Error">{_escaped(row)}</S>' for row in errors.splitlines(keepends=True))
    objects = f'<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">{_PROGRESS}{rows}</Objs>'
    return f"#< CLIXML\r\n{objects}".encode()


def _escaped(text: str) -> str:
    return re.sub(r"[\r\n\t]", lambda found: f"_x{ord(found[0]):04X}_", escape(text))
