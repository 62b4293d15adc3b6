from csat.impact.effects import Effect
from csat.impact.history import History, PastMean
from csat.impact.panel import NEVER, Answers, Panel, thin_controls
from csat.impact.programs import ProgramEffect, estimate_program
from csat.impact.settings import ProgramSettings
from csat.impact.verdicts import judge
