//! `vouchsafe folders`.

use clap::{Args, Subcommand};
use serde::Serialize;
use vouchsafe_api::folders::{CreateFolder, DeleteFolder, Folder, ListFolders};

use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, FolderArgs, OutputArgs};

/// What to do about folders.
#[derive(Subcommand)]
pub(crate) enum FoldersCommand {
    /// List the folders in a folder
    #[command(visible_alias = "list")]
    Get(GetArgs),
    /// Make a folder, and those above it that are missing
    Create(CreateArgs),
    /// Delete a folder
    Delete(DeleteArgs),
}

/// Flags of `vouchsafe folders get`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe folders get
  vouchsafe folders get --env prod --path /app --recursive")]
pub(crate) struct GetArgs {
    /// Also those in the folders found
    #[arg(long)]
    recursive: bool,
    #[command(flatten)]
    place: FolderArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Flags of `vouchsafe folders create`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe folders create --name app
  vouchsafe folders create --name jobs --path /app --env prod")]
pub(crate) struct CreateArgs {
    /// Name of the folder: letters, digits, `-` and `_`
    #[arg(long, short, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    place: FolderArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Flags of `vouchsafe folders delete`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe folders delete --name jobs --path /app
  vouchsafe folders delete --name app --force")]
pub(crate) struct DeleteArgs {
    /// Name of the folder, or its id
    #[arg(long, short, value_name = "NAME")]
    name: String,
    /// Delete it with all that is in it
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    place: FolderArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// A folder for programs; names as the official client has them.
#[derive(Serialize)]
struct Shown {
    #[serde(rename = "folderName")]
    name: String,
    #[serde(rename = "folderPath")]
    path: String,
    #[serde(rename = "folderId")]
    id: String,
}

impl From<Folder> for Shown {
    fn from(folder: Folder) -> Self {
        Self { name: folder.name, path: folder.path, id: folder.id.to_string() }
    }
}

/// Lists, makes or deletes.
pub(super) async fn run(command: FoldersCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        FoldersCommand::Get(args) => get(args, file, printer).await,
        FoldersCommand::Create(args) => create(args, file, printer).await,
        FoldersCommand::Delete(args) => delete(args, file, printer).await,
    }
}

async fn get(args: GetArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let place = args.place.resolve(file)?;
    let input = ListFolders {
        workspace_id: None,
        project_id: Some(place.project),
        environment: place.environment.clone(),
        path: Some(place.path.clone()),
        directory: None,
        recursive: Some(args.recursive),
        last_secret_modified: None,
    };
    let folders = args.access.client(file).await?.list_folders(&input).await?;
    let folders: Vec<Shown> = folders.into_iter().map(Shown::from).collect();
    printer.show(args.output.format(), &folders, || {
        for folder in &folders {
            printer.data(if args.recursive { &folder.path } else { &folder.name })?;
        }
        if folders.is_empty() {
            printer.note(format!("no folders in {} of {}", place.path, place.environment));
        }
        Ok(())
    })
}

async fn create(args: CreateArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let place = args.place.resolve(file)?;
    let input = CreateFolder {
        workspace_id: None,
        project_id: Some(place.project),
        environment: place.environment,
        path: Some(place.path),
        directory: None,
        name: args.name,
        description: None,
    };
    let folder = Shown::from(args.access.client(file).await?.create_folder(&input).await?);
    printer.show(args.output.format(), &folder, || {
        printer.note(format!("the folder {} is there", folder.path));
        Ok(())
    })
}

async fn delete(args: DeleteArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let place = args.place.resolve(file)?;
    let input = DeleteFolder {
        workspace_id: None,
        project_id: Some(place.project),
        environment: place.environment,
        path: Some(place.path),
        directory: None,
        folder_id: args.name,
        force_delete: Some(args.force),
    };
    let deleted = args.access.client(file).await?.delete_folder(&input).await;
    let folder = Shown::from(deleted.map_err(|error| {
        let refused_content = error.refusal().is_some_and(|refusal| refusal.status == 400) && !args.force;
        let failure = Failure::from(error);
        if refused_content {
            failure.hint("add --force to delete it with all that is in it")
        } else {
            failure
        }
    })?);
    printer.show(args.output.format(), &folder, || {
        printer.note(format!("deleted the folder {}", folder.path));
        Ok(())
    })
}
