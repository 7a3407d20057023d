using System.CommandLine;
using System.Globalization;
using BranchGrpo.Benchmarks;
using BranchGrpo.Cli;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes;
using static TorchSharp.torch;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Option<int> repetitions = new("--repetitions") { Description = "Rounds that count; one more is thrown away", DefaultValueFactory = _ => 5 };
Option<int> threads = new("--threads") { Description = "Threads of the CPU", DefaultValueFactory = _ => 1 };
Option<string> device = new("--device") { Description = "cpu or cuda", DefaultValueFactory = _ => "cpu" };
Option<string> size = new("--size") { Description = "cpu, gpu-small or gpu-large", DefaultValueFactory = _ => "cpu" };
Option<string> python = new("--python") { Description = "A Python with PyTorch 2: the same network and loops there, in the same table", Required = true };
Option<bool> compile = new("--compile") { Description = "With --python: also torch.compile" };
Option<int> iterations = new("--iterations") { Description = "Iterations of the memory table", DefaultValueFactory = _ => 1000 };
Option<Geometry> geometry = new("--geometry") { Description = "quick (T = 10) or paper (T = 20)", DefaultValueFactory = _ => Geometry.Paper };
Option<int> micro = new("--micro") { Description = "Latents per policy call", DefaultValueFactory = _ => 64 };
Option<int> side = new("--side") { Description = "With flux: image tokens along a side", DefaultValueFactory = _ => 16 };

Option[] shared = [repetitions, threads, device, size, micro];
var root = new RootCommand("Measures side by side, medians over repetitions and ratios; prints Markdown tables.")
{
    Table("methods", "every recipe against DanceGRPO, the cost model and bare network calls", (s, p) => MethodTable.Print(s, p.GetValue(geometry)), geometry),
    Table("levers", "what each way of saving time is worth", (s, _) => LeverTable.Print(s)),
    Table("published", "BranchGRPO against the published loop's shape", (s, _) => MethodTable.PrintPublished(s)),
    Table("scaling", "growth with leaves, prompts and steps", (s, _) => ScalingTable.Print(s)),
    Table("memory", "live tensors and resident memory over many iterations", (s, p) => MemoryTable.Print(s, p.GetValue(iterations)), iterations),
    Table("flux", "forward and backward at FLUX.1-dev's width against its matrix products", (s, p) => FluxTable.Print(s, p.GetValue(side)), side),
    Table("peer", "the same network and loops in PyTorch", (s, p) => PythonPeer.Print(s, p.GetRequiredValue(python), p.GetValue(compile)), python, compile),
};
return Failure.Guard(() => root.Parse(args).Invoke(new() { EnableDefaultExceptionHandler = false }));

Command Table(string name, string description, Action<BenchmarkSettings, ParseResult> print, params Option[] own)
{
    var command = new Command(name, description);
    foreach (var option in shared.Concat(own)) command.Options.Add(option);
    command.SetAction(parsed =>
    {
        var settings = new BenchmarkSettings(parsed.GetValue(repetitions), parsed.GetValue(threads), parsed.GetValue(device)!,
            ShapesSize.Find(parsed.GetValue(size)!),
            parsed.GetValue(micro));
        LibTorch.Load();
        set_num_threads(settings.Threads);
        Console.WriteLine($"{settings.Device}, {settings.Size.Name}, {settings.Threads} of {Environment.ProcessorCount} threads, .NET {Environment.Version}, "
            + $"libtorch {LibTorch.Report.Version}, median of {settings.Repetitions} after a warm-up");
        print(settings, parsed);
    });
    return command;
}
