"""A WeChat of our own: speaks WeChat's protocols over real HTTP and is as strict as WeChat is.

It never imports the application. The application never knows it is here: only the base
addresses and keys in its configuration differ from production.
"""
