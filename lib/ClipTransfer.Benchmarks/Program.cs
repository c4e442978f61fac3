using ClipTransfer.Runtime;

Console.WriteLine(TorchRuntime.Initialize());
