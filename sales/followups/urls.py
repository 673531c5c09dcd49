"""Follow-ups, messages and the calendar."""

from django.urls import URLPattern, path

from sales.followups import views, views_calendar, views_message

urlpatterns: list[URLPattern] = [
    path("follow-ups/", views.follow_up_list, name="follow_ups"),
    path("follow-ups/new/", views.follow_up_new, name="follow_up_new"),
    path("follow-ups/message/", views_message.message, name="message"),
    path("follow-ups/calendar/", views_calendar.calendar_page, name="calendar"),
    path("follow-ups/<int:follow_up_id>/", views.follow_up, name="follow_up"),
    path("follow-ups/<int:follow_up_id>/done/", views.follow_up_done, name="follow_up_done"),
    path("follow-ups/<int:follow_up_id>/move/", views.follow_up_move, name="follow_up_move"),
    path("follow-ups/<int:follow_up_id>/cancel/", views.follow_up_cancel, name="follow_up_cancel"),
    path("follow-ups/<int:follow_up_id>/reopen/", views.follow_up_reopen, name="follow_up_reopen"),
    path("calendar/<str:token>.ics", views_calendar.calendar_feed, name="calendar_feed"),
]
