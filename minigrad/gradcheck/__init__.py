"""Doubt: is this gradient right, and if not, what went wrong?"""

from minigrad.gradcheck.check import check_vjp
from minigrad.gradcheck.report import Finding, GradientError, Report
from minigrad.gradcheck.tensors import gradcheck, gradgradcheck

__all__ = ["check_vjp", "gradcheck", "gradgradcheck", "Finding", "GradientError", "Report"]
