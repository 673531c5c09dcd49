"""E-mails on people, plain text."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from representatives.models import Company, Invitation, Representative

logger = logging.getLogger(__name__)


def send_invitation(invitation: Invitation, *, link: str, company: Company) -> bool:
    """Send the link to the invited person; return whether the mail server took it."""
    body = render_to_string(
        "representatives/email/invitation.txt",
        {"invitation": invitation, "link": link, "company": company},
    )
    subject = _("%(sponsor)s invites you to %(company)s") % {
        "sponsor": invitation.sponsor.name,
        "company": company.name,
    }
    return _send(subject, body, invitation.email)


def send_welcome(member: Representative, *, link: str, company: Company) -> bool:
    """Tell a person whom staff enrolled how to set a password."""
    body = render_to_string(
        "representatives/email/welcome.txt", {"member": member, "link": link, "company": company}
    )
    assert member.user is not None, "the welcome tells how to log in"
    return _send(_("Welcome to %(company)s") % {"company": company.name}, body, member.user.email)


def _send(subject: str, body: str, address: str) -> bool:
    try:
        send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [address])
    except OSError:  # what smtplib and sockets raise; the address is not for the log
        logger.exception("An e-mail could not be sent")
        return False
    return True
