"""The customers page, today's list, the page of a customer and of a call."""

from django.urls import path

from sales.desk import views, views_acts, views_customer, views_today

urlpatterns = [
    path("customers/", views.customers, name="customers"),
    path("customers/<int:customer_id>/", views_customer.customer, name="customer"),
    path("customers/<int:customer_id>/talk/", views_customer.note_talk, name="customer_talk"),
    path("customers/<int:customer_id>/call/", views_acts.call, name="customer_call"),
    path("today/", views_today.today, name="today"),
    path("today/act/", views_acts.act, name="desk_act"),
]
