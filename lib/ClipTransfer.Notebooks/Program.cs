return await ClipTransfer.Notebooks.CommandLine.InvokeAsync(args);
