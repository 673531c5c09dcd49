"""Pages on people."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from representatives import (
    views_invitations,
    views_logo,
    views_looking,
    views_notices,
    views_staff,
)

app_name = "representatives"


class DigestConverter(StringConverter):
    """A SHA-256 in hexadecimal digits."""

    regex = "[0-9a-f]{64}"


register_converter(DigestConverter, "digest")

urlpatterns = [
    path("logo/<digest:digest>.png", views_logo.logo, name="logo"),
    path("notifications/", views_notices.notice_list, name="notices"),
    path("notifications/read/", views_notices.notices_read, name="notices_read"),
    path("notifications/<int:number>/read/", views_notices.notice_read, name="notice_read"),
    path("invitations/", views_invitations.invitation_list, name="invitations"),
    path(
        "invitations/accept/<str:token>/",
        views_invitations.accept_invitation,
        name="accept_invitation",
    ),
    path("staff/enrol/", views_staff.staff_enrol, name="staff_enrol"),
    path("staff/people/", views_staff.staff_people, name="staff_people"),
    path("staff/people/<str:code>/", views_staff.staff_person, name="staff_person"),
    path("staff/logo/", views_logo.staff_logo, name="staff_logo"),
    path("staff/look/end/", views_looking.end_look, name="end_look"),
    path("staff/people/<str:code>/look/", views_looking.start_look, name="staff_look"),
    path("staff/people/<str:code>/login/", views_staff.staff_give_login, name="staff_give_login"),
    path(
        "staff/people/<str:code>/sponsor/",
        views_staff.staff_change_sponsor,
        name="staff_change_sponsor",
    ),
    path(
        "staff/people/<str:code>/sponsor/<int:change_id>/cancel/",
        views_staff.staff_cancel_sponsor_change,
        name="staff_cancel_sponsor_change",
    ),
    path(
        "staff/people/<str:code>/status/",
        views_staff.staff_change_status,
        name="staff_change_status",
    ),
]
