//! Folders of secrets.

use reqwest::Method;
use vouchsafe_api::folders::{CreateFolder, DeleteFolder, Folder, FolderReply, FoldersReply, ListFolders};

use crate::{Client, Error};

/// Folders of secrets.
impl Client {
    /// Lists the folders in a folder.
    pub async fn list_folders(&self, input: &ListFolders) -> Result<Vec<Folder>, Error> {
        Ok(self.get::<_, FoldersReply>(&["api", "v2", "folders"], input).await?.folders)
    }

    /// Makes a folder, and those above it that are missing; answers with one that is there already.
    pub async fn create_folder(&self, input: &CreateFolder) -> Result<Folder, Error> {
        Ok(self.post::<_, FolderReply>(&["api", "v2", "folders"], input).await?.folder)
    }

    /// Deletes a folder; one that holds something only if that is asked for.
    pub async fn delete_folder(&self, input: &DeleteFolder) -> Result<Folder, Error> {
        let path = ["api", "v2", "folders", &input.folder_id];
        Ok(self.call::<_, FolderReply>(Method::DELETE, &path, input).await?.folder)
    }
}
