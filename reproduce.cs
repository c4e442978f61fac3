#!/usr/bin/env dotnet
// The whole reproduction: `dotnet run reproduce.cs` runs every notebook and writes the reports; `-- --help` lists the other verbs.
#:project lib/ClipTransfer.Notebooks/ClipTransfer.Notebooks.csproj
#:property PublishAot=false
#:property GenerateDocumentationFile=false

// A file-based program is built into a folder far away: the SDK tells it where its source lies.
var root = AppContext.GetData("EntryPointFileDirectoryPath") as string;
return await ClipTransfer.Notebooks.CommandLine.InvokeAsync(args, root);
