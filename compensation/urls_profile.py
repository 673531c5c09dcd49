"""The own profile. Its page also shows where payouts go, so it belongs to the top app."""

from django.urls import path

from compensation import views_profile

app_name = "profile"

urlpatterns = [
    path("", views_profile.profile, name="page"),
    path("contact/", views_profile.change_contact, name="contact"),
    path("sharing/", views_profile.choose_sharing, name="sharing"),
    path("notices/", views_profile.choose_notices, name="notices"),
    path("language/", views_profile.choose_language, name="language"),
    path("sessions/", views_profile.sessions, name="sessions"),
    path("sessions/end-others/", views_profile.end_other_sessions, name="end_other_sessions"),
    path("sessions/<int:number>/end/", views_profile.end_session, name="end_session"),
    path("data/", views_profile.export, name="export"),
    path("data/own-data.zip", views_profile.export_file, name="export_file"),
]
