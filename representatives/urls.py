"""Pages on people."""

from django.urls import path

from representatives import views

app_name = "representatives"

urlpatterns = [
    path("invitations/", views.invitation_list, name="invitations"),
    path("invitations/accept/<str:token>/", views.accept_invitation, name="accept_invitation"),
    path("staff/enrol/", views.staff_enrol, name="staff_enrol"),
    path("staff/people/", views.staff_people, name="staff_people"),
    path("staff/people/<str:code>/", views.staff_person, name="staff_person"),
    path("staff/people/<str:code>/login/", views.staff_give_login, name="staff_give_login"),
    path(
        "staff/people/<str:code>/sponsor/",
        views.staff_change_sponsor,
        name="staff_change_sponsor",
    ),
    path(
        "staff/people/<str:code>/sponsor/<int:change_id>/cancel/",
        views.staff_cancel_sponsor_change,
        name="staff_cancel_sponsor_change",
    ),
    path("staff/people/<str:code>/status/", views.staff_change_status, name="staff_change_status"),
]
