"""Catalogue, customers and orders of a representative."""

from django.urls import path

from sales import views, views_orders
from sales.contacts.urls import urlpatterns as contact_urls
from sales.desk.urls import urlpatterns as desk_urls
from sales.figures.urls import urlpatterns as figure_urls
from sales.followups.urls import urlpatterns as follow_up_urls
from sales.guides.urls import urlpatterns as guide_urls
from sales.referrals.urls import urlpatterns as referral_urls
from sales.suggestions.urls import urlpatterns as suggestion_urls

app_name = "sales"

urlpatterns = [
    *desk_urls,
    *contact_urls,
    *follow_up_urls,
    *suggestion_urls,
    *guide_urls,
    *referral_urls,
    *figure_urls,
    path("products/", views.product_list, name="products"),
    path("orders/", views_orders.order_list, name="orders"),
    path("orders/new/", views_orders.order_new, name="order_new"),
    path("orders/<str:reference>/", views_orders.order, name="order"),
    path("orders/<str:reference>/cancel/", views_orders.order_cancel, name="order_cancel"),
    path("orders/<str:reference>/return/", views_orders.order_return, name="order_return"),
]
