using System.CommandLine;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using BranchGrpo.Cli.Images;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Models.Library;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes;
using TorchSharp;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo doctor</c>: what was found on this machine, what is missing and how to get it.</summary>
internal static partial class DoctorCommand
{
    private const string Variables = "BRANCHGRPO_LIBTORCH BRANCHGRPO_DATA BRANCHGRPO_MODELS OMP_NUM_THREADS OMP_WAIT_POLICY CUDA_VISIBLE_DEVICES";

    public static Command Create()
    {
        var command = new Command("doctor", "What was found on this machine, what is missing and how to get it.");
        command.SetAction(_ =>
        {
            Say("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
            Say("processor", $"{Machine.Processor}, {Environment.ProcessorCount} available");
            Say("memory", $"{Machine.Memory / (double)(1 << 30):0.0} GiB available to this process");
            Say(".NET", $"{RuntimeInformation.FrameworkDescription} from {RuntimeEnvironment.GetRuntimeDirectory()}");
            Say("kit", $"{Machine.Kit}, TorchSharp {Machine.TorchSharp}");
            foreach (var name in Variables.Split(' ').Where(name => Environment.GetEnvironmentVariable(name) is not null))
            {
                Say(name, Environment.GetEnvironmentVariable(name)!);
            }
            bool[] checks = [Check("libtorch", Torch), Check("data", Data), Check("task", Task)];
            if (ModelsOption.Default is { } folder) checks = [.. checks, Check("models", () => Models(folder))];
            Console.WriteLine(checks.All(c => c) ? "Everything that is needed is here." : "Something that is needed is missing; see above.");
            return checks.All(c => c) ? 0 : 1;
        });
        return command;
    }

    private static void Say(string what, string found) => Console.WriteLine($"{what,-28} {found}");

    /// <summary>Runs a check; what it throws says what is missing and how to get it.</summary>
    private static bool Check(string what, Action check)
    {
        try
        {
            check();
            return true;
        }
        catch (Exception e)
        {
            Say(what, "MISSING: " + Failure.MessageOf(e));
            return false;
        }
    }

    private static void Torch()
    {
        LibTorch.Load();
        foreach (var (name, text) in SettingsText.Parts(LibTorch.Report)) Say("libtorch " + name, text);
        using var one = torch.ones(2);
        using var sum = one.sum();
        Say("libtorch answers", sum.item<float>() == 2 ? "yes" : throw new Failure("1 + 1 is not 2 on this machine"));
        Say("torch threads", $"{torch.get_num_threads()} in this process; workers use 1 each");
        Say("CUDA", torch.cuda.is_available() ? $"{torch.cuda.device_count()} device(s)" : "none (optional; environment.md says how to use one)");
    }

    private static void Data()
    {
        var folder = ShapesData.Locate();
        Say("data", folder);
        var readme = Path.Combine(folder, "..", "README.md");
        var rows = ChecksumRow().Matches(File.Exists(readme) ? File.ReadAllText(readme) : "");
        var known = rows.ToDictionary(row => row.Groups[1].Value, row => row.Groups[2].Value);
        foreach (var target in Enum.GetValues<PretrainingTarget>())
        {
            var name = ShapesPretraining.FileOf(target, ShapesSize.Cpu);
            var path = Path.Combine(folder, name);
            if (!File.Exists(path)) throw new Failure($"{path}; 'branchgrpo shapes pretrain' makes it");
            var checksum = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
            var verdict = !known.TryGetValue(name, out var expected) ? "not listed" : expected == checksum ? "as listed" : "NOT the shipped file";
            Say("  " + name, $"{checksum[..16]}… {verdict}");
        }
    }

    private static void Task()
    {
        using var policy = EmbeddedTask.Create("cpu").CreatePolicy();
        Say("task", $"weights fit, {policy.Network.parameters().Sum(p => p.numel()):N0} parameters");
    }

    /// <summary>Real image models are not needed, so what is missing of them is told and no more.</summary>
    private static void Models(string folder)
    {
        var models = ModelFolder.Open(folder);
        Say("models", models.Path + (models.Models.IsEmpty ? ": no model that the kit knows" : ""));
        foreach (var model in models.Models) Say("  " + model.Kind.Title(), ModelsReport.Line(model));
    }

    [GeneratedRegex(@"`([\w.-]+\.safetensors)` \| ([0-9a-f]{64})")]
    private static partial Regex ChecksumRow();
}
