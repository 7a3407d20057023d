using System.Diagnostics;
using System.Globalization;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes;
using static TorchSharp.torch;

// Seconds per iteration of every recipe on Shapes, side by side in one run: medians, the ratio to DanceGRPO beside the cost model's prediction, and
// the
// ratio to bare network calls of the same number and batch sizes. Usage: [iterations] [quick|paper]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var iterations = args.Length > 0 ? int.Parse(args[0]) : 5;
var geometry = args.Length > 1 ? Enum.Parse<Geometry>(args[1], ignoreCase: true) : Geometry.Quick;
set_num_threads(1);
Console.WriteLine($"Shapes cpu, {geometry}, 1 thread, libtorch {LibTorch.Report.Version}, "
    + $"{Environment.ProcessorCount} cores, median of {iterations} after 1 warm-up");
Console.WriteLine($"{"recipe",-28}{"s/iteration",12}{"quartiles",16}{"ratio",8}{"predicted",11}{"bare",9}{"to bare",9}");
var task = ShapesTask.Create();
var measured = Recipes.For(geometry).Select(r => (Recipe: r, Times: new List<double>(), Bare: new List<double>())).ToArray();
for (var i = 0; i <= iterations; i++)                                                              // interleaved, so that drift of the machine hits all alike
    foreach (var (recipe, times, bare) in measured)
    {
        using var policy = task.CreatePolicy();
        using var training = new GrpoTraining(policy, recipe, seed: 1);
        string[] prompts = [.. task.TrainingPrompts.Take(recipe.Prompts)];
        var seconds = training.Iterate(prompts, task.Reward).Seconds.Total;
        var network = BareCalls(policy, recipe, prompts);
        if (i == 0) continue;
        times.Add(seconds);
        bare.Add(network);
    }

var (baseTime, baseUnits) = (Quantile(measured[0].Times, 0.5), CostModel.Of(measured[0].Recipe).ForwardUnits);
foreach (var (recipe, times, bare) in measured)
{
    var (median, network) = (Quantile(times, 0.5), Quantile(bare, 0.5));
    Console.WriteLine($"{recipe.Name,-28}{median,12:0.000}{$"{Quantile(times, 0.25):0.00}–{Quantile(times, 0.75):0.00}",16}{median / baseTime,8:0.000}"
        + $"{CostModel.Of(recipe).ForwardUnits / baseUnits,11:0.000}{network,9:0.000}{median / network,9:0.00}");
}

// The first iteration's network calls with nothing around them: forward per level, forward and backward per trained level.
static double BareCalls(FlowPolicy policy, Recipe recipe, IReadOnlyList<string> prompts)
{
    var plan = recipe.Plan.At(1, 1);
    using var all = policy.Encode(prompts);
    var clock = Stopwatch.GetTimestamp();
    for (var d = 0; d < plan.Depth; d++)
    {
        var nodes = plan.NodesAt(d) * prompts.Count;
        using (no_grad()) Call(policy, all, plan.Schedule[d], nodes, prompts.Count, _ => { });
    }
    foreach (var (step, count) in CostModel.Of(recipe).TrainedLevels) Call(policy, all, plan.Schedule[step], count, prompts.Count, v => v.sum().backward());
    return Stopwatch.GetElapsedTime(clock).TotalSeconds;
}

static void Call(FlowPolicy policy, Conditioning all, double sigma, int nodes, int prompts, Action<Tensor> use)
{
    for (var start = 0; start < nodes; start += 64)
    {
        using var scope = NewDisposeScope();
        var count = Math.Min(64, nodes - start);
        using var conditioning = all.Select(arange(start, start + count).remainder(prompts));
        use(policy.Velocity(randn([count, .. policy.LatentShape]), sigma, conditioning));
    }
}

static double Quantile(List<double> values, double q)
{
    var sorted = values.Order().ToArray();
    return sorted[(int)Math.Round(q * (sorted.Length - 1))];
}
