"""What may the identity do that lists a part of Google Cloud? Nothing but search and read. Data only."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.places.permissions import Permission

SEARCH = Permission(
    "cloudasset.assets.searchAllResources",
    "each configured scope (roles/cloudasset.viewer)",
    "list its resources with their labels and tags",
)
PROJECTS = Permission(
    "resourcemanager.projects.get",
    "the projects below each scope (roles/browser)",
    "know each project's id, number, parent and labels",
)
FOLDERS = Permission(
    "resourcemanager.folders.get",
    "the folders below each scope (roles/browser)",
    "know each folder's name and parent",
)
QUOTA = Permission(
    "serviceusage.services.use",
    "the quota project, where one is configured (roles/serviceusage.serviceUsageConsumer)",
    "have the requests counted there; the Cloud Asset API is to be enabled in it",
)

PERMISSIONS = (SEARCH, PROJECTS, FOLDERS, QUOTA)
# request, as it is counted → what it needs
NEEDED: Mapping[str, Permission] = {
    "cloudasset:SearchAllResources": SEARCH,
    "cloudresourcemanager:SearchProjects": PROJECTS,
    "cloudresourcemanager:GetProject": PROJECTS,
    "cloudresourcemanager:SearchFolders": FOLDERS,
}
