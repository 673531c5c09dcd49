"""Catalogue, customers and orders of a representative."""

from django.urls import path

from sales import views, views_orders

app_name = "sales"

urlpatterns = [
    path("products/", views.product_list, name="products"),
    path("customers/", views.customer_list, name="customers"),
    path("customers/new/", views.customer_new, name="customer_new"),
    path("customers/<int:customer_id>/", views.customer, name="customer"),
    path("customers/<int:customer_id>/edit/", views.customer_edit, name="customer_edit"),
    path("orders/", views_orders.order_list, name="orders"),
    path("orders/new/", views_orders.order_new, name="order_new"),
    path("orders/<str:reference>/", views_orders.order, name="order"),
    path("orders/<str:reference>/cancel/", views_orders.order_cancel, name="order_cancel"),
    path("orders/<str:reference>/return/", views_orders.order_return, name="order_return"),
]
