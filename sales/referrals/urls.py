"""Addresses of referral links: the representative's pages and the public ones."""

from __future__ import annotations

from django.urls import path

from sales.referrals import views, views_public

urlpatterns = [
    path("links/", views.referral_links, name="referral_links"),
    path("links/<int:link_id>/", views.referral_link, name="referral_link"),
    path("links/<int:link_id>/qr.svg", views.referral_qr, name="referral_qr"),
    path("links/<int:link_id>/close/", views.referral_close, name="referral_close"),
    path("links/arrivals/<int:arrival_id>/invite/", views.arrival_invite, name="arrival_invite"),
    path("links/thanks/<int:thanks_id>/", views.thanks, name="thanks"),
    path("links/thanks/<int:thanks_id>/done/", views.thanks_done, name="thanks_done"),
    path("customers/<int:customer_id>/link/", views.customer_link, name="customer_link"),
    path("r/", views_public.referral_start, name="referral_start"),
    path("r/<str:link_code>/", views_public.referral, name="referral"),
    path("r/<str:link_code>/sent/", views_public.referral_sent, name="referral_sent"),
    path("r/<str:link_code>/remember/", views_public.referral_remember, name="referral_remember"),
]
