"""The building plan: makes each room once, in the order in which mail walks through them; starts, drains and stops.

`Gateway.open` raises BadConfiguration, SchemaMismatch or SetupError before anything listens: nothing is half-started.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from gateway import journal
from gateway.backoff import Backoff
from gateway.clearance import Clearance
from gateway.clock import Clock
from gateway.health import Health
from gateway.inspection import Inspector
from gateway.model import Direction, NextHop
from gateway.notice import Notices
from gateway.pipeline import Pipeline
from gateway.policy import file as policy_file
from gateway.policy.rules import Policy
from gateway.quarantine import Quarantine
from gateway.relay import Relay
from gateway.runner import Runner
from gateway.sandbox import Sandbox, SelfTest
from gateway.scan import Scanner, ScanFailed
from gateway.settings import Settings
from gateway.smtp.server import SmtpServer
from gateway.spool import Spool
from gateway.store.blobs import Blobs
from gateway.store.db import Db
from gateway.yaml_file import BadConfiguration
